"""What makes the pages that are made: a module for each page, or kind of page."""

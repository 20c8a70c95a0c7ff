"""Rules of HLS and DASH, and what of them a server breaks: judged by what a viewer got. Floor 1."""

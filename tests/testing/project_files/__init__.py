"""Files of somebody's project, to be copied into one."""

"""The built-in node types, one file each. The file name is the type with `-` as `_`."""

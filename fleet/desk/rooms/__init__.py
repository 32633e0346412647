"""Lists of rooms: narrowed, filtered, paged by key; and views that people keep of them."""

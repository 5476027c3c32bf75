"""What is compiled: plain functions over bytes and arrays, which know neither a database nor a layer."""

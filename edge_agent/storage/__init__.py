"""What reaches the disk: the journal, durable files, the disk keeper."""

"""CSV files over SFTP."""

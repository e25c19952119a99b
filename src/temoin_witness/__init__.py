"""A witness of journals: countersigns a log's checkpoints only while they grow. Imports no other room."""

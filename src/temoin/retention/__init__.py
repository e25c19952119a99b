"""The end of data: what is kept until when and by which law, and the daily work that deletes what is past its day."""

"""What one failure is: read from text, blamed, classified and named. Pure: no clock, no file, no chance."""

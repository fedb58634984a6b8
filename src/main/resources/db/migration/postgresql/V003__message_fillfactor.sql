-- Why: a claim of a whole page needs room on it for a second version of each row. With 70 only 0.39 to 0.76 of the claims
-- were HOT updates (groups of 500 to 20), with 50 it is 0.94 to 0.99, at the same speed.
-- Locks: message, for a moment. Pages that are there already stay as they are.
alter table message set (fillfactor = 50);

-- The lines that still stand for something, and where a day begins: a search goes past what was erased, at once.
create index leaf_kept on leaf (i) where slot is not null;
create index leaf_day on leaf (day, i) where day is not null;

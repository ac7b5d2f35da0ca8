-- Three bytes for each bucket that counted something: its number, then the count, low byte first
-- (engine::health::histogram). A dashboard reads thousands of histograms, and an array of PostgreSQL is sent and read one
-- number at a time, the many zeros included.
CREATE FUNCTION histogram_bytes(counts smallint[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(
        decode(lpad(to_hex(place - 1), 2, '0') || lpad(to_hex(counted & 255), 2, '0')
            || lpad(to_hex(counted >> 8), 2, '0'), 'hex'),
        ''::bytea ORDER BY place), ''::bytea)
    FROM unnest(counts::integer[]) WITH ORDINALITY AS bucket (counted, place)
    WHERE counted > 0
$$;
ALTER TABLE rollup_1m ALTER COLUMN hist TYPE bytea USING histogram_bytes(hist);
ALTER TABLE rollup_1h ALTER COLUMN hist TYPE bytea USING histogram_bytes(hist);
DROP FUNCTION histogram_bytes(smallint[]);

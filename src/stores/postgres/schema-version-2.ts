// stores/postgres: imports core, contracts, stores/format and this folder only.

import { MAX_RENEWAL_ORDERS } from '../format/renewal-order-json.js';
import { SLACK, WAITED_FOR } from '../format/token-bucket.js';

/**
 * Version 2: buckets of rate limits, orders of renewal.
 *
 * The table of buckets is UNLOGGED: a transaction that touches nothing else waits for no disk and for no standby. A crash of the
 * server empties it, and a failover finds it empty; then every bucket is full
 * (https://www.postgresql.org/docs/current/sql-createtable.html).
 */
export const VERSION_2 = `
  CREATE UNLOGGED TABLE device_trust_rate_limits (
    key text PRIMARY KEY,
    tokens double precision NOT NULL,
    at bigint NOT NULL,
    full_at bigint NOT NULL
  );
  CREATE INDEX device_trust_rate_limits_full ON device_trust_rate_limits (full_at);

  CREATE TABLE device_trust_renewal_orders (
    id text PRIMARY KEY,
    ends_at bigint NOT NULL,
    body text NOT NULL
  );
  CREATE INDEX device_trust_renewal_orders_end ON device_trust_renewal_orders (ends_at);

  -- In one order everywhere, so that no two wait for each other. NULL for a token that was taken.
  CREATE FUNCTION device_trust_take_tokens(keys text[], capacities double precision[], refills double precision[])
  RETURNS TABLE (place bigint, retry_after_seconds bigint) LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    bucket record;
    present bigint;
    moment bigint;
    available double precision;
  BEGIN
    FOR item IN
      SELECT * FROM unnest(keys, capacities, refills) WITH ORDINALITY AS batch (key, capacity, refill, place)
      ORDER BY batch.key, batch.place
    LOOP
      place := item.place;
      LOOP
        SELECT * INTO bucket FROM device_trust_rate_limits WHERE key = item.key FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO device_trust_rate_limits (key, tokens, at, full_at) VALUES (item.key, item.capacity, 0, 0)
          ON CONFLICT (key) DO NOTHING;
      END LOOP;
      -- Not before the row is locked, for others may have had it until then.
      present := device_trust_now();
      -- A clock that has gone back stands still until it is where it was.
      moment := greatest(bucket.at, present);
      available := least(item.capacity, bucket.tokens + (moment - bucket.at)::double precision / 1000 * item.refill);
      IF available < 1 - ${SLACK}::double precision THEN
        retry_after_seconds := greatest(1, ceil((${WAITED_FOR}::double precision - available) / item.refill
          + (moment - present)::double precision / 1000));
      ELSE
        retry_after_seconds := NULL;
        UPDATE device_trust_rate_limits SET tokens = left_over.tokens, at = moment,
            full_at = moment + ceil((item.capacity - left_over.tokens) / item.refill * 1000)::bigint
          FROM (SELECT greatest(0, available - 1) AS tokens) AS left_over WHERE key = item.key;
      END IF;
      RETURN NEXT;
    END LOOP;
  END $$;

  -- False if there are too many.
  CREATE FUNCTION device_trust_record_renewal_order(new_id text, ordered bigint, ends bigint, new_body text)
  RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM device_trust_lock(ARRAY['renewal-orders']);
    IF EXISTS (SELECT 1 FROM device_trust_renewal_orders WHERE id = new_id) THEN RETURN true; END IF;
    IF (SELECT count(*) FROM device_trust_renewal_orders WHERE ends_at > ordered) >= ${MAX_RENEWAL_ORDERS} THEN
      RETURN false;
    END IF;
    INSERT INTO device_trust_renewal_orders (id, ends_at, body) VALUES (new_id, ends, new_body);
    RETURN true;
  END $$;

  CREATE FUNCTION device_trust_prune_passing(before bigint, most integer)
  RETURNS TABLE (renewal_orders bigint, rate_limits bigint) LANGUAGE plpgsql AS $$
  DECLARE
    present bigint := device_trust_now();
  BEGIN
    WITH gone AS (
      DELETE FROM device_trust_renewal_orders WHERE id = ANY (ARRAY(
        SELECT id FROM device_trust_renewal_orders WHERE ends_at < least(before, present)
        ORDER BY ends_at LIMIT most FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) INTO renewal_orders FROM gone;
    WITH gone AS (
      DELETE FROM device_trust_rate_limits WHERE key = ANY (ARRAY(
        SELECT key FROM device_trust_rate_limits WHERE full_at < present
        ORDER BY full_at LIMIT most FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) INTO rate_limits FROM gone;
    RETURN NEXT;
  END $$;
`;

// stores/postgres: imports core, contracts and this folder only.

/** Version 3: attested keys, counters of uses. */
export const VERSION_3 = `
  CREATE TABLE device_trust_attested_keys (
    provider text NOT NULL,
    key_id text NOT NULL,
    public_key bytea NOT NULL,
    device_id text,
    details text NOT NULL,
    receipt bytea,
    attested_at bigint NOT NULL,
    counter bigint NOT NULL,
    last_use text NOT NULL,
    last_used_at bigint NOT NULL,
    PRIMARY KEY (provider, key_id)
  );
  CREATE INDEX device_trust_attested_keys_use ON device_trust_attested_keys (last_used_at);

  CREATE TABLE device_trust_usage_counters (
    key text PRIMARY KEY,
    total bigint NOT NULL,
    expires_at bigint NOT NULL
  );
  CREATE INDEX device_trust_usage_counters_end ON device_trust_usage_counters (expires_at);

  -- In one order everywhere, so that no two wait for each other.
  CREATE FUNCTION device_trust_use_attested_keys(
    providers text[], key_ids text[], counters bigint[], uses text[], times bigint[]
  ) RETURNS TABLE (place bigint, outcome text) LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    kept record;
  BEGIN
    FOR item IN
      SELECT * FROM unnest(providers, key_ids, counters, uses, times)
        WITH ORDINALITY AS batch (provider, key_id, counter, use, at, place)
      ORDER BY batch.provider, batch.key_id, batch.place
    LOOP
      place := item.place;
      SELECT counter, last_use INTO kept FROM device_trust_attested_keys
        WHERE provider = item.provider AND key_id = item.key_id FOR UPDATE;
      IF NOT FOUND THEN
        outcome := 'unknown';
      ELSIF item.counter > kept.counter THEN
        outcome := 'used';
        UPDATE device_trust_attested_keys SET counter = item.counter, last_use = item.use, last_used_at = item.at
          WHERE provider = item.provider AND key_id = item.key_id;
      ELSIF item.counter = kept.counter AND item.use = kept.last_use THEN
        outcome := 'used';
      ELSE
        outcome := 'counter_not_higher';
      END IF;
      RETURN NEXT;
    END LOOP;
  END $$;

  -- In one order everywhere, so that no two wait for each other.
  CREATE FUNCTION device_trust_count_uses(keys text[], limits bigint[], ends bigint[])
  RETURNS TABLE (place bigint, counted boolean, total bigint) LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    kept record;
    present bigint;
  BEGIN
    FOR item IN
      SELECT * FROM unnest(keys, limits, ends) WITH ORDINALITY AS batch (key, most, expires_at, place)
      ORDER BY batch.key, batch.place
    LOOP
      LOOP
        SELECT known.total, known.expires_at INTO kept FROM device_trust_usage_counters AS known
          WHERE known.key = item.key FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO device_trust_usage_counters AS known (key, total, expires_at) VALUES (item.key, 0, item.expires_at)
          ON CONFLICT (key) DO NOTHING;
      END LOOP;
      -- Not before the row is locked, for others may have had it until then.
      present := device_trust_now();
      IF kept.expires_at <= present THEN
        kept.total := 0;
        kept.expires_at := item.expires_at;
      END IF;
      place := item.place;
      counted := kept.total < item.most;
      total := kept.total;
      IF counted THEN
        total := kept.total + 1;
        UPDATE device_trust_usage_counters AS known
          SET total = kept.total + 1, expires_at = greatest(kept.expires_at, item.expires_at) WHERE known.key = item.key;
      END IF;
      RETURN NEXT;
    END LOOP;
  END $$;

  CREATE FUNCTION device_trust_prune_unused(before bigint, most integer)
  RETURNS TABLE (attested_keys bigint, usage_counters bigint) LANGUAGE plpgsql AS $$
  DECLARE
    cut bigint := least(before, device_trust_now());
  BEGIN
    WITH gone AS (
      DELETE FROM device_trust_attested_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM device_trust_attested_keys WHERE last_used_at < cut
        ORDER BY last_used_at LIMIT most FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) INTO attested_keys FROM gone;
    WITH gone AS (
      DELETE FROM device_trust_usage_counters WHERE key = ANY (ARRAY(
        SELECT key FROM device_trust_usage_counters WHERE expires_at < cut
        ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) INTO usage_counters FROM gone;
    RETURN NEXT;
  END $$;
`;

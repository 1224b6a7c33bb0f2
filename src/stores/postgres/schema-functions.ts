// stores/postgres: imports core, contracts and this folder only.

/**
 * What an operation does in the database, so that it takes one round trip and holds its locks for no longer. Each takes a
 * batch as arrays and does the members one after the other, as if they had come so.
 *
 * They rely on READ COMMITTED: there each statement inside a function sees what was committed before that statement, so what
 * is read after a lock was waited for is the truth (https://www.postgresql.org/docs/current/xfunc-volatility.html).
 */
export const FUNCTIONS = `
  -- Until the end of the transaction, in one order everywhere, so that no two wait for each other.
  CREATE FUNCTION device_trust_lock(names text[]) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    lock bigint;
  BEGIN
    FOR lock IN SELECT DISTINCT hashtextextended('device-trust/' || name, 0) AS hash FROM unnest(names) AS name ORDER BY hash LOOP
      PERFORM pg_advisory_xact_lock(lock);
    END LOOP;
  END $$;

  CREATE FUNCTION device_trust_consume(ids text[], holders text[], ends bigint[])
  RETURNS TABLE (place bigint, first_holder text) LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    found_holder text;
  BEGIN
    FOR item IN
      SELECT * FROM unnest(ids, holders, ends) WITH ORDINALITY AS batch (id, holder, expires_at, place)
      ORDER BY batch.id, batch.place
    LOOP
      LOOP
        INSERT INTO device_trust_replays AS known (id, holder, expires_at)
          VALUES (item.id, item.holder, item.expires_at) ON CONFLICT (id) DO NOTHING;
        IF FOUND THEN
          found_holder := NULL;
          EXIT;
        END IF;
        SELECT known.holder INTO found_holder FROM device_trust_replays AS known WHERE known.id = item.id;
        -- Not found: it was forgotten in between, and may be consumed.
        EXIT WHEN FOUND;
      END LOOP;
      place := item.place;
      first_holder := found_holder;
      RETURN NEXT;
    END LOOP;
  END $$;

  CREATE TYPE device_trust_revoke_outcome AS (place bigint, recorded boolean, entry device_trust_revocations);

  CREATE FUNCTION device_trust_revoke(
    subjects text[], states text[], reasons text[], times bigint[], notes text[], issuer_ids text[],
    serial_numbers text[], crl_shards integer[], ends bigint[]
  ) RETURNS SETOF device_trust_revoke_outcome LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    known device_trust_revocations;
    any_recorded boolean := false;
  BEGIN
    -- One at a time, and before a number is drawn: entries become visible in the order of their sequence.
    PERFORM device_trust_lock(ARRAY['revocations']);
    FOR item IN
      SELECT * FROM unnest(subjects, states, reasons, times, notes, issuer_ids, serial_numbers, crl_shards, ends)
        WITH ORDINALITY AS batch (subject, state, reason, at, note, issuer_id, serial_number, crl_shard, not_after, place)
      ORDER BY batch.place
    LOOP
      SELECT * INTO known FROM device_trust_revocations WHERE subject = item.subject ORDER BY sequence DESC LIMIT 1;
      -- Nothing new: active already, in that state already, or a ban that would become a suspension.
      IF coalesce(known.state, 'active') = item.state OR (known.state = 'banned' AND item.state = 'suspended') THEN
        RETURN NEXT ROW(item.place, false, known)::device_trust_revoke_outcome;
        CONTINUE;
      END IF;
      INSERT INTO device_trust_revocations
        (subject, state, reason, at, note, issuer_id, serial_number, crl_shard, not_after)
        VALUES (item.subject, item.state, item.reason, item.at, nullif(item.note, ''), item.issuer_id,
          item.serial_number, item.crl_shard, item.not_after)
        RETURNING * INTO known;
      any_recorded := true;
      RETURN NEXT ROW(item.place, true, known)::device_trust_revoke_outcome;
    END LOOP;
    IF any_recorded THEN PERFORM pg_notify('device_trust_revocations', ''); END IF;
  END $$;

  CREATE FUNCTION device_trust_append_audit(
    sequences bigint[], bodies text[], device_ids text[], previous_hashes text[], hashes text[]
  ) RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE
    head device_trust_audit;
  BEGIN
    PERFORM device_trust_lock(ARRAY['audit']);
    SELECT * INTO head FROM device_trust_audit ORDER BY sequence DESC LIMIT 1;
    IF sequences[1] <> coalesce(head.sequence, 0) + 1 OR previous_hashes[1] <> coalesce(head.hash, repeat('0', 64)) THEN
      RETURN false;
    END IF;
    INSERT INTO device_trust_audit (sequence, body, device_id, previous_hash, hash)
      SELECT * FROM unnest(sequences, bodies, device_ids, previous_hashes, hashes);
    RETURN true;
  END $$;

  CREATE FUNCTION device_trust_prune(before bigint, most integer, skew bigint)
  RETURNS TABLE (certificates bigint, revocations bigint, replays bigint) LANGUAGE plpgsql AS $$
  DECLARE
    cut bigint := least(before, device_trust_now());
    newest bigint := (SELECT max(sequence) FROM device_trust_revocations);
  BEGIN
    WITH gone AS (
      DELETE FROM device_trust_certificates WHERE sequence = ANY (ARRAY(
        SELECT sequence FROM device_trust_certificates WHERE not_after < cut
        ORDER BY not_after LIMIT most FOR UPDATE SKIP LOCKED
      )) RETURNING sequence
    ), sides AS (
      DELETE FROM device_trust_certificate_providers WHERE sequence IN (SELECT sequence FROM gone)
    ) SELECT count(*) INTO certificates FROM gone;
    WITH gone AS (
      DELETE FROM device_trust_revocations WHERE sequence = ANY (ARRAY(
        SELECT sequence FROM device_trust_revocations WHERE not_after < cut AND sequence < newest
        ORDER BY not_after LIMIT most FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) INTO revocations FROM gone;
    WITH gone AS (
      DELETE FROM device_trust_replays WHERE id = ANY (ARRAY(
        SELECT id FROM device_trust_replays WHERE expires_at < cut - skew
        ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED
      )) RETURNING 1
    ) SELECT count(*) INTO replays FROM gone;
    RETURN NEXT;
  END $$;
`;

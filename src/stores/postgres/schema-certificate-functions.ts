// stores/postgres: imports core, contracts and this folder only.

/** What the certificate store does in the database; stands on the functions of `schema-functions.ts`. */
export const CERTIFICATE_FUNCTIONS = `
  CREATE TYPE device_trust_intent_outcome AS (place bigint, outcome text, record device_trust_certificates);

  CREATE FUNCTION device_trust_record_intents(
    issuer_ids text[], serial_numbers text[], device_ids text[], keys text[], starts bigint[], ends bigint[],
    crl_shards integer[], bodies bytea[], tiers text[], actions text[], request_ids text[], appraisals text[],
    app_versions text[], enrolments bigint[], releases text[], times bigint[], keys_held_from bigint[], providers text[]
  ) RETURNS SETOF device_trust_intent_outcome LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    known device_trust_certificates;
    number bigint;
  BEGIN
    -- The device too: its certificates become visible in the order of their sequence, so that a first use misses none.
    PERFORM device_trust_lock(ARRAY(
      SELECT 'key/' || name FROM unnest(keys) AS name
      UNION ALL SELECT 'request/' || name FROM unnest(request_ids) AS name
      UNION ALL SELECT 'device/' || name FROM unnest(device_ids) AS name
    ));
    FOR item IN
      SELECT * FROM unnest(
        issuer_ids, serial_numbers, device_ids, keys, starts, ends, crl_shards, bodies, tiers, actions, request_ids,
        appraisals, app_versions, enrolments, releases, times, keys_held_from, providers
      ) WITH ORDINALITY AS batch (
        issuer_id, serial_number, device_id, key, not_before, not_after, crl_shard, body, tier, action, request_id,
        appraisal, app_version, enrolled_at, release, intended_at, key_held_from, provider_list, place
      ) ORDER BY batch.place
    LOOP
      SELECT * INTO known FROM device_trust_certificates WHERE request_id = item.request_id;
      IF FOUND THEN
        RETURN NEXT ROW(item.place, 'request_exists', known)::device_trust_intent_outcome;
        CONTINUE;
      END IF;
      SELECT * INTO known FROM device_trust_certificates
        WHERE public_key_sha256 = item.key AND not_after >= item.key_held_from AND device_id <> item.device_id
        ORDER BY not_after DESC, sequence DESC LIMIT 1;
      IF FOUND THEN
        RETURN NEXT ROW(item.place, 'key_in_use', known)::device_trust_intent_outcome;
        CONTINUE;
      END IF;
      INSERT INTO device_trust_certificates (
        issuer_id, serial_number, device_id, public_key_sha256, not_before, not_after, crl_shard, to_be_signed, tier,
        action, request_id, appraisal, app_version, enrolled_at, bootstrap_certificate_sha256, intended_at
      ) VALUES (
        item.issuer_id, item.serial_number, item.device_id, item.key, item.not_before, item.not_after, item.crl_shard,
        item.body, item.tier, item.action, item.request_id, item.appraisal, item.app_version, item.enrolled_at,
        item.release, item.intended_at
      ) RETURNING sequence INTO number;
      INSERT INTO device_trust_certificate_providers (provider, sequence)
        SELECT DISTINCT name, number FROM jsonb_array_elements_text(item.provider_list::jsonb) AS name;
      RETURN NEXT ROW(item.place, 'recorded', NULL)::device_trust_intent_outcome;
    END LOOP;
  END $$;

  -- The devices of certificates, so that all that happens to those of one device happens in turn.
  CREATE FUNCTION device_trust_lock_devices(issuer_ids text[], serial_numbers text[]) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM device_trust_lock(ARRAY(
      SELECT 'device/' || device_id FROM device_trust_certificates
        JOIN unnest(issuer_ids, serial_numbers) AS batch (issuer, serial)
        ON serial_number = batch.serial AND issuer_id = batch.issuer
    ));
  END $$;

  CREATE FUNCTION device_trust_record_issued(issuer_ids text[], serial_numbers text[], bodies bytea[], times bigint[])
  RETURNS SETOF device_trust_intent_outcome LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    known device_trust_certificates;
  BEGIN
    PERFORM device_trust_lock_devices(issuer_ids, serial_numbers);
    FOR item IN
      SELECT * FROM unnest(issuer_ids, serial_numbers, bodies, times) WITH ORDINALITY
        AS batch (issuer_id, serial_number, body, issued_at, place)
      ORDER BY batch.place
    LOOP
      UPDATE device_trust_certificates SET certificate = item.body, issued_at = item.issued_at
        WHERE serial_number = item.serial_number AND issuer_id = item.issuer_id AND certificate IS NULL
        RETURNING * INTO known;
      IF NOT FOUND THEN
        SELECT * INTO known FROM device_trust_certificates
          WHERE serial_number = item.serial_number AND issuer_id = item.issuer_id;
      END IF;
      IF FOUND THEN
        RETURN NEXT ROW(item.place, 'issued', known)::device_trust_intent_outcome;
      END IF;
    END LOOP;
  END $$;

  CREATE FUNCTION device_trust_record_first_uses(issuer_ids text[], serial_numbers text[], times bigint[])
  RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    item record;
    used record;
  BEGIN
    PERFORM device_trust_lock_devices(issuer_ids, serial_numbers);
    FOR item IN
      SELECT * FROM unnest(issuer_ids, serial_numbers, times) WITH ORDINALITY
        AS batch (issuer_id, serial_number, used_at, place)
      ORDER BY batch.place
    LOOP
      UPDATE device_trust_certificates SET first_used_at = item.used_at
        WHERE serial_number = item.serial_number AND issuer_id = item.issuer_id AND first_used_at IS NULL
        RETURNING device_id, sequence INTO used;
      IF FOUND THEN
        UPDATE device_trust_certificates SET superseded_at = item.used_at
          WHERE device_id = used.device_id AND sequence < used.sequence AND superseded_at IS NULL;
      END IF;
    END LOOP;
  END $$;
`;

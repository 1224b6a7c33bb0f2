// stores/postgres: imports core, contracts and this folder only.

/**
 * What keeps the revocation log and the audit trail append-only, whoever the statement comes from. Row triggers do not fire
 * on TRUNCATE (https://www.postgresql.org/docs/current/sql-createtrigger.html), so that has triggers of its own.
 */
export const GUARDS = `
  CREATE FUNCTION device_trust_now() RETURNS bigint LANGUAGE sql VOLATILE AS
    $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

  CREATE FUNCTION device_trust_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END $$;

  -- An entry about a certificate that has ended may go; all others stay.
  CREATE FUNCTION device_trust_keep_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF OLD.not_after < device_trust_now() THEN RETURN OLD; END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END $$;

  CREATE TRIGGER device_trust_revocations_fix BEFORE UPDATE ON device_trust_revocations
    FOR EACH ROW EXECUTE FUNCTION device_trust_refuse();
  CREATE TRIGGER device_trust_revocations_keep BEFORE DELETE ON device_trust_revocations
    FOR EACH ROW EXECUTE FUNCTION device_trust_keep_revocation();
  CREATE TRIGGER device_trust_revocations_keep_all BEFORE TRUNCATE ON device_trust_revocations
    FOR EACH STATEMENT EXECUTE FUNCTION device_trust_refuse();
  CREATE TRIGGER device_trust_audit_fix BEFORE UPDATE OR DELETE ON device_trust_audit
    FOR EACH ROW EXECUTE FUNCTION device_trust_refuse();
  CREATE TRIGGER device_trust_audit_keep_all BEFORE TRUNCATE ON device_trust_audit
    FOR EACH STATEMENT EXECUTE FUNCTION device_trust_refuse();
`;

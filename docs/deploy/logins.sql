-- A login for a gate and one for workers, beside the roles that `headgate store` made; it can be run again.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gate1') THEN
    CREATE ROLE gate1 LOGIN PASSWORD 'gate1' IN ROLE headgate_gate;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'worker1') THEN
    CREATE ROLE worker1 LOGIN PASSWORD 'worker1' IN ROLE headgate_worker;
  END IF;
END
$$;
-- only those two roles may connect
REVOKE CONNECT ON DATABASE headgate FROM PUBLIC;
GRANT CONNECT ON DATABASE headgate TO headgate_gate, headgate_worker;

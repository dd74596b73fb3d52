-- The role that PostGraphile connects as: it reads the tables of Q1, Q2 and Q3, and so its schema has no others.
DO $$ BEGIN
  CREATE ROLE bench_reader LOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO bench_reader;
GRANT SELECT ON booking, partner, photo_update, account, partner_service, price, region TO bench_reader;
-- What PostGraphile's documentation recommends where a filter is more than `column = value`: a function of one's own.
CREATE OR REPLACE FUNCTION bench_partners(service text, region text) RETURNS SETOF partner
LANGUAGE sql STABLE AS $$
  SELECT p.* FROM partner p
   WHERE p.state = 'ACTIVE'
     AND p.areas && ((SELECT array_agg(code::text) FROM region WHERE code = $2 OR parent = $2) || left($2, 2))
     AND EXISTS (SELECT FROM partner_service s JOIN price o ON o.service_id = s.id AND o.archived_at IS NULL
                  WHERE s.partner_id = p.id AND s.state = 'APPROVED' AND s.type = $1)
   ORDER BY p.rank DESC, p.id DESC
$$;

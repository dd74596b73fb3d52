-- A marketplace of any size, set by set. `size` (made by bench/world.py) has one row: bookings, partners, customers,
-- holders, agents, areas, per_partner, seed, today. Numbers count from 0; the id of a row follows from its kind and
-- number, so that no set has to be joined to find another.

-- UUID version 7: the time of row `n`, then the kind, then what makes it look random but the same for the same seed.
CREATE FUNCTION pg_temp.row_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(1767225600000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8'
          || substr(md5(kind || ':' || n), 1, 15))::uuid
$$;
-- Kinds: 1 partner, 2 customer, 3 holder, 4 agent, 5 service, 6 price, 7 resource, 8 pet, 9 address, 10 booking,
-- 11 payment, 12 photo update, 13 plan period, 14 role.

CREATE TEMP TABLE kind_of_care (number int, type text, unit text, minutes int, price_idr bigint, bp int, title text);
INSERT INTO kind_of_care VALUES
  (0, 'GROOMER', 'SESSION', 60, 150000, 2000, 'Mandi dan potong'),
  (1, 'DOG_WALKER', 'HOUR', 60, 50000, 2000, 'Jalan pagi'),
  (2, 'DOG_TRAINER', 'SESSION', 60, 200000, 2500, 'Latihan dasar'),
  (3, 'DOG_HOTEL', 'NIGHT', 1440, 120000, 2000, 'Menginap');

-- One regency for each hundred partners, with one village and its postcode; all in the western zone.
CREATE TEMP TABLE area AS
SELECT row_number() OVER (ORDER BY r.code)::int - 1 AS number, r.code, v.code AS village, v.postcode
  FROM region r
 CROSS JOIN LATERAL (SELECT code, postcode FROM region WHERE code LIKE r.code || '.%' AND length(code) = 13
                      AND postcode IS NOT NULL ORDER BY code LIMIT 1) v
 WHERE length(r.code) = 5
 ORDER BY r.code LIMIT (SELECT areas FROM size);

CREATE TEMP TABLE partner_of AS
SELECT p, pg_temp.row_id(1, p) AS id, (p / 4 % s.areas)::int AS area, p * 7919 % 1001 AS rank
  FROM size s, generate_series(0, s.partners - 1) AS p;

CREATE TEMP TABLE person AS
SELECT 2 AS kind, c AS n, (c % s.areas)::int AS area, 'Pelanggan ' || c AS name, '+62811' || lpad(c::text, 8, '0') AS phone
  FROM size s, generate_series(0, s.customers - 1) AS c
UNION ALL
SELECT 3, c, (c % s.areas)::int, 'Pemesan ' || c, '+62812' || lpad(c::text, 8, '0')
  FROM size s, generate_series(0, s.holders - 1) AS c;

INSERT INTO account (id, created_at, version, phone, email, name, language, zone)
SELECT pg_temp.row_id(kind, n), s.today - interval '400 days', 1, phone, NULL, name, 'id', 'WIB' FROM person, size s
UNION ALL
SELECT id, s.today - interval '400 days', 1, '+62813' || lpad(p::text, 8, '0'), NULL, 'Mitra ' || p, 'id', 'WIB'
  FROM partner_of, size s
UNION ALL
SELECT pg_temp.row_id(4, a), s.today - interval '400 days', 1, NULL, 'agen' || a || '@rawat.example', 'Agen ' || a, 'id', 'WIB'
  FROM size s, generate_series(0, s.agents - 1) AS a;

INSERT INTO role_grant (id, created_at, version, account_id, role)
SELECT pg_temp.row_id(14, row_number() OVER ()), s.today - interval '400 days', 1, g.account_id, g.role FROM size s, (
  SELECT pg_temp.row_id(kind, n) AS account_id, 'customer' AS role FROM person
  UNION ALL SELECT id, 'customer' FROM partner_of
  UNION ALL SELECT id, 'partner' FROM partner_of
  UNION ALL SELECT pg_temp.row_id(4, a), 'agent' FROM size, generate_series(0, agents - 1) AS a) g;

INSERT INTO pet (id, created_at, version, owner_id, name, species, breed, size, notes)
SELECT pg_temp.row_id(8, kind * 10000000000 + n), s.today - interval '399 days', 1, pg_temp.row_id(kind, n), 'Bolu',
       'DOG', '', 'SMALL', '' FROM person, size s;

INSERT INTO address (id, created_at, version, owner_id, label, recipient, phone, street, landmark, region_code, postcode)
SELECT pg_temp.row_id(9, kind * 10000000000 + n), s.today - interval '399 days', 1, pg_temp.row_id(kind, n), 'Rumah',
       person.name, phone, 'Jalan Contoh ' || n % 200, '', a.village, a.postcode
  FROM person JOIN area a ON a.number = person.area, size s;

INSERT INTO partner (id, created_at, version, name, bio, place, zone, state, state_reason, areas, rank,
                     completed_count, on_time_count, cancelled_count, no_show_count)
SELECT id, s.today - interval '399 days', 1, 'Mitra ' || p, 'Merawat hewan dengan sabar sejak 2019.', '', 'WIB', 'ACTIVE', '',
       ARRAY[a.code], rank, s.per_partner, s.per_partner, 0, 0
  FROM partner_of JOIN area a ON a.number = partner_of.area, size s;

INSERT INTO plan_period (id, created_at, version, partner_id, weekday, opens_minute, closes_minute)
SELECT pg_temp.row_id(13, p * 7 + day), s.today - interval '399 days', 1, id, day, 360, 1320
  FROM partner_of, size s, generate_series(0, 6) AS day;

-- Two of the four services each, so that 50 partners of an area offer each service at any size.
CREATE TEMP TABLE offer AS
SELECT p, o, pg_temp.row_id(5, p * 2 + o) AS service_id, pg_temp.row_id(6, p * 2 + o) AS option_id,
       pg_temp.row_id(7, p * 2 + (k.number = 3)::int) AS resource_id, k.*, k.price_idr + p % 10 * 5000 AS asked_idr
  FROM partner_of, generate_series(0, 1) AS o JOIN kind_of_care k ON true WHERE k.number = (p + o) % 4;

INSERT INTO partner_service (id, created_at, version, partner_id, type, state, cancel_policy, evidence, reason)
SELECT service_id, s.today - interval '398 days', 1, pg_temp.row_id(1, p), type, 'APPROVED', 'ONE_DAY', '{}', ''
  FROM offer, size s;

INSERT INTO price (id, created_at, version, service_id, title, unit, minutes, price_idr)
SELECT option_id, s.today - interval '398 days', 1, service_id, title, unit, minutes, asked_idr FROM offer, size s;

INSERT INTO resource (id, created_at, version, partner_id, is_kennel, label)
SELECT pg_temp.row_id(7, p * 2 + r), s.today - interval '398 days', 1, id, r = 1,
       CASE r WHEN 1 THEN 'Kandang 1' ELSE 'Mitra ' || p END
  FROM partner_of, size s, generate_series(0, 1) AS r WHERE r = 0 OR p % 4 IN (2, 3);

-- One booking a day for each partner, the last five of them still to come; the newest booking has the highest number.
-- Customers follow from the number of the booking in its area, so that a partner has as many of them at any size.
CREATE TEMP TABLE job AS
SELECT n, p, k, o.service_id, o.option_id, o.resource_id, o.type, o.unit, o.asked_idr, o.asked_idr * o.bp / 10000 AS fee_idr, o.bp,
       (job_of_area * 7919 + s.seed) % (s.customers / s.areas) * s.areas + p / 4 % s.areas AS customer,
       s.today + (k - s.per_partner + 6) * interval '1 day'
         + CASE WHEN o.number = 3 THEN interval '7 hours' ELSE (1 + p % 10) * interval '1 hour' END AS starts_at,
       CASE WHEN k >= s.per_partner - 5 THEN 'ACCEPTED' WHEN n % 20 = 0 THEN 'CANCELLED_BY_CUSTOMER'
            WHEN n % 20 = 1 THEN 'HOLD_EXPIRED' WHEN k >= s.per_partner - 7 THEN 'COMPLETED' ELSE 'CLOSED' END AS state,
       o.number = 3 AS by_night
  FROM size s, generate_series(0, s.bookings - 1) AS n
 CROSS JOIN LATERAL (SELECT n % s.partners AS p, n / s.partners AS k) b
 CROSS JOIN LATERAL (SELECT p / 4 / s.areas * 4 + p % 4 + k * (s.partners / s.areas) AS job_of_area) c
  JOIN offer o USING (p) WHERE o.o = k % 2;

INSERT INTO booking (id, created_at, version, code, customer_id, partner_id, service_id, option_id, resource_id, pet_id,
  address_id, service_type, state, zone, starts_at, ends_at, blocked_from, blocked_until, unit, units, price_idr,
  commission_bp, commission_idr, net_idr, cancel_policy, refund_idr, refund_rule, note, end_reason, hold_expires_at,
  requested_at, request_expires_at, answered_at, started_at, completed_at, ended_at, late_reason, last_update_at, has_no_updates)
SELECT pg_temp.row_id(10, n), made_at, 5, 'BK-' || lpad(upper(to_hex(n)), 8, '0'), pg_temp.row_id(2, customer),
  pg_temp.row_id(1, p), service_id, option_id, resource_id, pg_temp.row_id(8, 20000000000 + customer),
  CASE WHEN by_night THEN NULL ELSE pg_temp.row_id(9, 20000000000 + customer) END, type, state, 'WIB', starts_at, ends_at,
  starts_at, CASE WHEN by_night THEN ends_at ELSE ends_at + interval '30 minutes' END, unit, 1, asked_idr, bp, fee_idr,
  asked_idr - fee_idr, 'ONE_DAY', CASE state WHEN 'CANCELLED_BY_CUSTOMER' THEN asked_idr END, '', 'Tolong pelan-pelan.', '',
  made_at + interval '15 minutes', asked_at, asked_at + interval '1 day', CASE WHEN state = 'HOLD_EXPIRED' THEN NULL ELSE asked_at END,
  CASE WHEN is_done THEN starts_at END, CASE WHEN is_done THEN ends_at END,
  CASE WHEN state IN ('CANCELLED_BY_CUSTOMER', 'HOLD_EXPIRED') THEN made_at + interval '1 hour' END, '',
  CASE WHEN is_done THEN ends_at END, false
  FROM job CROSS JOIN LATERAL (
    SELECT starts_at - interval '7 days' AS made_at, starts_at + CASE WHEN by_night THEN interval '22 hours' ELSE interval '1 hour' END AS ends_at,
           CASE WHEN state = 'HOLD_EXPIRED' THEN NULL ELSE starts_at - interval '7 days' + interval '5 minutes' END AS asked_at,
           state IN ('COMPLETED', 'CLOSED') AS is_done) m;

INSERT INTO payment (id, created_at, version, booking_id, method, state, amount_idr, refunded_idr, provider_reference, authorised_at)
SELECT pg_temp.row_id(11, n), starts_at - interval '7 days', 1, pg_temp.row_id(10, n), 'E_WALLET',
       CASE state WHEN 'CANCELLED_BY_CUSTOMER' THEN 'REFUNDED' ELSE 'AUTHORISED' END, asked_idr,
       CASE state WHEN 'CANCELLED_BY_CUSTOMER' THEN asked_idr ELSE 0 END, 'bench-' || n, starts_at - interval '7 days'
  FROM job WHERE state <> 'HOLD_EXPIRED';

INSERT INTO photo_update (id, created_at, version, booking_id, note)
SELECT pg_temp.row_id(12, n), starts_at + interval '50 minutes', 1, pg_temp.row_id(10, n), 'Anjingnya tenang dan sehat.'
  FROM job WHERE state IN ('COMPLETED', 'CLOSED');

DROP TABLE job, offer, person, partner_of, area, kind_of_care, size;

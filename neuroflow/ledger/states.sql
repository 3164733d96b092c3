-- The state of every study as one service sees it: what was sent to another one does not count.
-- Events without a destination are of no service, or older than destinations.
WITH seen AS (
    SELECT e.*, COALESCE(d.service, '') AS service
      FROM events e LEFT JOIN destinations d ON d.event_id = e.id
     WHERE (/* of one study? */)
       AND (:service IS NULL OR d.service IS NULL OR d.service = :service)
), last AS (
    SELECT study_id, MAX(id) AS id,
           MAX(CASE WHEN state = 'submitted' THEN at END) AS submitted_at,
           MAX(CASE WHEN state IN ('collected', 'failed') THEN at END) AS answered_at
      FROM seen GROUP BY study_id
)
SELECT p.cohort_id, p.study_id, e.state, e.at AS since, p.size, p.sha256, p.source_sha256,
       p.study_uid_sha256, e.message, last.submitted_at, last.answered_at,
       CASE WHEN e.state = 'packaged' THEN NULL ELSE e.size END AS sent_size,
       CASE WHEN e.state = 'packaged' THEN NULL ELSE e.sha256 END AS sent_sha256, e.service
  FROM packages p
  JOIN last ON last.study_id = p.study_id
  JOIN seen e ON e.id = last.id
 WHERE (:cohort_id IS NULL OR p.cohort_id = :cohort_id
        OR p.study_id IN (SELECT study_id FROM also_in WHERE cohort_id = :cohort_id))
   AND NOT (e.state = 'packaged' AND p.study_id IN (SELECT study_id FROM renamed))
 ORDER BY (SELECT MIN(f.id) FROM events f WHERE f.study_id = p.study_id)

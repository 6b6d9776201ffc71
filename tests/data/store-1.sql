-- A run as weir wrote it with schema 1: two of four cells have a result, one is open.
PRAGMA application_id=2003134834;
PRAGMA user_version=1;
CREATE TABLE run(id TEXT, created_wall_ns INTEGER, weir_version TEXT, experiment TEXT, experiment_path TEXT, definition TEXT, seed INTEGER, dataset_hash TEXT, mock INTEGER, options TEXT, cells INTEGER, state TEXT, stop_reason TEXT, wall_ns INTEGER, cpu_ns INTEGER, max_rss_bytes INTEGER, lateness_p99_ns INTEGER);
CREATE TABLE variant(variant INTEGER PRIMARY KEY, name TEXT, pattern TEXT, description TEXT);
CREATE TABLE sample(sample INTEGER PRIMARY KEY, id TEXT, cluster TEXT, tags TEXT, description TEXT, expected INTEGER);
CREATE TABLE node(node INTEGER PRIMARY KEY, variant INTEGER, path TEXT, pattern TEXT);
CREATE TABLE cell(cell INTEGER, variant INTEGER, sample INTEGER, trial INTEGER, status TEXT, reason TEXT, message TEXT, failed_path TEXT, correct INTEGER, score REAL, calls INTEGER, sent INTEGER, cached INTEGER, unsent INTEGER, attempts INTEGER, retries INTEGER, input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, unknown_usage_calls INTEGER, cost_nanousd INTEGER, unknown_cost_calls INTEGER, lost_attempts INTEGER, cost_upper_nanousd INTEGER, paid_nanousd INTEGER, latency_ns INTEGER, wall_ns INTEGER, permit_wait_ns INTEGER, backoff_ns INTEGER, store_wait_ns INTEGER, connect_ns INTEGER, provider_ns INTEGER, critical_path_ns INTEGER, total_work_ns INTEGER, ttft_ns INTEGER, streamed_calls INTEGER, started_ns INTEGER, output INTEGER);
CREATE TABLE step(step INTEGER PRIMARY KEY, cell INTEGER, ordinal INTEGER, node INTEGER, path TEXT, parent INTEGER, outcome TEXT, kind TEXT, message TEXT, start_ns INTEGER, end_ns INTEGER, calls INTEGER, sent INTEGER, cached INTEGER, unsent INTEGER, attempts INTEGER, input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, unknown_usage_calls INTEGER, cost_nanousd INTEGER, unknown_cost_calls INTEGER, lost_attempts INTEGER, cost_upper_nanousd INTEGER, permit_wait_ns INTEGER, backoff_ns INTEGER, store_wait_ns INTEGER, connect_ns INTEGER, provider_ns INTEGER, value INTEGER, note TEXT);
CREATE TABLE score(cell INTEGER, name TEXT, path TEXT, value REAL, pass INTEGER, weight REAL, reason TEXT);
CREATE TABLE call(call INTEGER PRIMARY KEY, cell INTEGER, source TEXT, attempts INTEGER, path TEXT, repeat INTEGER, request_hash TEXT, attempt_key TEXT, model TEXT, dialect TEXT, reported_model TEXT, fingerprint TEXT, finish TEXT, refused INTEGER, truncated INTEGER, http_status INTEGER, outcome TEXT, message TEXT, input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, cost_nanousd INTEGER, lost_attempts INTEGER, cost_upper_nanousd INTEGER, start_ns INTEGER, latency_ns INTEGER, permit_wait_ns INTEGER, backoff_ns INTEGER, store_wait_ns INTEGER, connect_ns INTEGER, provider_ns INTEGER, first_byte_ns INTEGER, ttft_ns INTEGER, request INTEGER, reply INTEGER);
CREATE TABLE attempt_kept(call INTEGER, number INTEGER, http_status INTEGER, outcome TEXT, message TEXT, retry_after_ns INTEGER, permit_wait_ns INTEGER, backoff_before_ns INTEGER, start_ns INTEGER, connect_ns INTEGER, first_byte_ns INTEGER, total_ns INTEGER, lost INTEGER, cost_upper_nanousd INTEGER);
CREATE TABLE body(body INTEGER PRIMARY KEY, hash TEXT, size INTEGER, bytes TEXT);
CREATE VIEW attempt AS SELECT call, number, http_status, outcome, message, retry_after_ns, permit_wait_ns, backoff_before_ns, start_ns, connect_ns, first_byte_ns, total_ns, lost, cost_upper_nanousd FROM attempt_kept UNION ALL SELECT call, 1, http_status, outcome, message, NULL, permit_wait_ns, 0, start_ns, connect_ns, first_byte_ns, connect_ns + provider_ns, 0, 0 FROM call WHERE source = 'sent' AND attempts = 1 AND NOT EXISTS (SELECT 1 FROM attempt_kept k WHERE k.call = call.call);
CREATE VIEW cell_named AS SELECT v.name AS variant_name, s.id AS sample_id, cell.* FROM cell JOIN variant v USING (variant) JOIN sample s USING (sample);
CREATE VIEW step_named AS SELECT v.name AS variant_name, n.variant, n.path AS node_path, n.pattern, step.* FROM step JOIN node n USING (node) JOIN variant v USING (variant);
INSERT INTO run(id, created_wall_ns, weir_version, experiment, experiment_path, definition, seed, dataset_hash, mock, options, cells, state, stop_reason, wall_ns, cpu_ns, max_rss_bytes, lateness_p99_ns)
  VALUES('old', 1, '0.1.0', 'test', 'experiment.yaml', '{"trials":1}', 1, 'd', 1, NULL, 4, 'open', NULL, 0, 0, NULL, NULL);
INSERT INTO variant VALUES(0, 'single', 'call', 'one prompt'), (1, 'steps', 'chain', NULL);
INSERT INTO sample VALUES(0, 's1', NULL, '[]', NULL, NULL), (1, 's2', NULL, '[]', NULL, NULL);
INSERT INTO node VALUES(1, 0, '.', 'call'), (2, 1, 'a', 'call');
INSERT INTO body(body, size, bytes) VALUES(1, 7, '{"q":1}'), (2, 7, '{"a":2}'), (3, 4, '"hi"');
INSERT INTO call(call, cell, source, attempts, path, repeat, request_hash, attempt_key, model, dialect, http_status, outcome, input_tokens, output_tokens, cost_nanousd, lost_attempts, start_ns, latency_ns, permit_wait_ns, backoff_ns, store_wait_ns, connect_ns, provider_ns, request, reply)
  VALUES(1, 0, 'sent', 1, '.', 0, 'h', 'k', 'small', 'openai-chat', 200, 'ok', 5, 6, 70, 0, 1, 30, 0, 0, 0, 10, 20, 1, 2),
        (2, 2, 'sent', 1, '.', 0, 'h', 'k2', 'small', 'openai-chat', 200, 'ok', 5, 6, 80, 0, 1, 30, 0, 0, 0, 10, 20, 1, 2),
        (3, 3, 'sent', 2, 'a', 0, 'i', 'k3', 'small', 'openai-chat', 200, 'ok', 5, 6, 90, 0, 1, 30, 0, 0, 0, 10, 20, 1, 2);
INSERT INTO attempt_kept(call, number, http_status, outcome, permit_wait_ns, backoff_before_ns, start_ns, connect_ns, total_ns, lost)
  VALUES(3, 1, 429, 'rate-limited', 0, 0, 1, 1, 5, 0), (3, 2, 200, 'ok', 0, 4, 9, 1, 20, 0);
INSERT INTO step(step, cell, ordinal, node, path, outcome, start_ns, end_ns, calls, sent, cached, unsent, attempts, cost_nanousd, value)
  VALUES(1, 0, 0, 1, '.', 'ok', 0, 30, 1, 1, 0, 0, 1, 70, 3), (2, 2, 0, 1, '.', 'ok', 0, 30, 1, 1, 0, 0, 1, 80, 3);
INSERT INTO score VALUES(0, 'same', NULL, 1, 1, 1, NULL), (2, 'same', NULL, 0, 0, 1, NULL);
INSERT INTO cell(cell, variant, sample, trial, status, correct, score, calls, sent, cached, unsent, attempts, retries, cost_nanousd, unknown_cost_calls, latency_ns, wall_ns, started_ns, output)
  VALUES(0, 0, 0, 1, 'ok', 1, 1, 1, 1, 0, 0, 1, 0, 70, 0, 30, 40, 100, 3), (2, 0, 1, 1, 'ok', 0, 0, 1, 1, 0, 0, 1, 0, 80, 0, 30, 40, 500, 3);

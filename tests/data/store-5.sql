-- A run as weir wrote it with schema 5: two of four cells have a result, one is open.
PRAGMA application_id=2003134834;
PRAGMA user_version=5;
CREATE TABLE attempt_kept(call INTEGER, number INTEGER, http_status INTEGER, outcome TEXT, message TEXT, retry_after_ns INTEGER, permit_wait_ns INTEGER, backoff_before_ns INTEGER, start_ns INTEGER, connect_ns INTEGER, first_byte_ns INTEGER, total_ns INTEGER, lost INTEGER, cost_upper_nanousd INTEGER, protocol TEXT, tls_ns INTEGER);
INSERT INTO "attempt_kept" VALUES(3,1,429,'rate-limited',NULL,NULL,0,0,1,1,NULL,5,0,NULL,NULL,NULL);
INSERT INTO "attempt_kept" VALUES(3,2,200,'ok',NULL,NULL,0,4,9,1,NULL,20,0,NULL,NULL,NULL);
CREATE TABLE body(body INTEGER PRIMARY KEY, hash TEXT, size INTEGER, bytes TEXT);
INSERT INTO "body" VALUES(1,NULL,7,'{"q":1}');
INSERT INTO "body" VALUES(2,NULL,7,'{"a":2}');
INSERT INTO "body" VALUES(3,NULL,4,'"hi"');
CREATE TABLE call(call INTEGER PRIMARY KEY, cell INTEGER, source TEXT, attempts INTEGER, path TEXT, repeat INTEGER, request_hash TEXT, attempt_key TEXT, model TEXT, dialect TEXT, reported_model TEXT, fingerprint TEXT, finish TEXT, refused INTEGER, truncated INTEGER, http_status INTEGER, outcome TEXT, message TEXT, input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, cost_nanousd INTEGER, lost_attempts INTEGER, cost_upper_nanousd INTEGER, start_ns INTEGER, latency_ns INTEGER, permit_wait_ns INTEGER, backoff_ns INTEGER, store_wait_ns INTEGER, connect_ns INTEGER, provider_ns INTEGER, first_byte_ns INTEGER, ttft_ns INTEGER, request INTEGER, reply INTEGER, known_nanousd INTEGER, role TEXT, protocol TEXT, tls_ns INTEGER, superseded INTEGER, cache_endpoint TEXT, max_tokens INTEGER);
INSERT INTO "call" VALUES(1,0,'sent',1,'.',0,'h','k','small','openai-chat',NULL,NULL,NULL,NULL,NULL,200,'ok',NULL,5,NULL,NULL,6,NULL,70,0,NULL,1,30,0,0,0,10,20,NULL,NULL,1,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "call" VALUES(2,2,'sent',1,'.',0,'h','k2','small','openai-chat',NULL,NULL,NULL,NULL,NULL,200,'ok',NULL,5,NULL,NULL,6,NULL,80,0,NULL,1,30,0,0,0,10,20,NULL,NULL,1,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "call" VALUES(3,3,'sent',2,'a',0,'i','k3','small','openai-chat',NULL,NULL,NULL,NULL,NULL,200,'ok',NULL,5,NULL,NULL,6,NULL,90,0,NULL,1,30,0,0,0,10,20,NULL,NULL,1,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE cell(cell INTEGER, variant INTEGER, sample INTEGER, trial INTEGER, status TEXT, reason TEXT, message TEXT, failed_path TEXT, correct INTEGER, score REAL, calls INTEGER, sent INTEGER, cached INTEGER, unsent INTEGER, attempts INTEGER, retries INTEGER, input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, unknown_usage_calls INTEGER, cost_nanousd INTEGER, unknown_cost_calls INTEGER, lost_attempts INTEGER, cost_upper_nanousd INTEGER, paid_nanousd INTEGER, latency_ns INTEGER, wall_ns INTEGER, permit_wait_ns INTEGER, backoff_ns INTEGER, store_wait_ns INTEGER, connect_ns INTEGER, provider_ns INTEGER, critical_path_ns INTEGER, total_work_ns INTEGER, ttft_ns INTEGER, streamed_calls INTEGER, started_ns INTEGER, output INTEGER, late_ns INTEGER, answer INTEGER, shape TEXT);
INSERT INTO "cell" VALUES(0,0,0,1,'ok',NULL,NULL,NULL,1,1.0,1,1,0,0,1,0,NULL,NULL,NULL,NULL,NULL,NULL,70,0,NULL,NULL,NULL,30,40,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,100,3,NULL,NULL,NULL);
INSERT INTO "cell" VALUES(2,0,1,1,'ok',NULL,NULL,NULL,0,0.0,1,1,0,0,1,0,NULL,NULL,NULL,NULL,NULL,NULL,80,0,NULL,NULL,NULL,30,40,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,500,3,NULL,NULL,NULL);
CREATE TABLE command(command INTEGER PRIMARY KEY, cell INTEGER, path TEXT, repeat INTEGER, request_hash TEXT, program TEXT, outcome TEXT, exit_code INTEGER, exit_signal INTEGER, reason TEXT, time_ns INTEGER, cpu_ns INTEGER, output INTEGER, errors INTEGER, superseded INTEGER, start_ns INTEGER);
CREATE TABLE file(file INTEGER PRIMARY KEY, path TEXT, role TEXT, hash TEXT, text INTEGER);
CREATE TABLE node(node INTEGER PRIMARY KEY, variant INTEGER, path TEXT, pattern TEXT);
INSERT INTO "node" VALUES(1,0,'.','call');
INSERT INTO "node" VALUES(2,1,'a','call');
CREATE TABLE run(id TEXT, created_wall_ns INTEGER, weir_version TEXT, experiment TEXT, experiment_path TEXT, definition TEXT, seed INTEGER, dataset_hash TEXT, mock INTEGER, options TEXT, cells INTEGER, state TEXT, stop_reason TEXT, wall_ns INTEGER, cpu_ns INTEGER, max_rss_bytes INTEGER, lateness_p99_ns INTEGER, rate REAL, arrivals TEXT, setup_calls INTEGER, setup_tokens INTEGER, setup_nanousd INTEGER, experiment_hash TEXT, scored_from TEXT, shard INTEGER, shards INTEGER, replayed TEXT, superseded_calls INTEGER, superseded_nanousd INTEGER);
INSERT INTO "run" VALUES('old',1,'0.1.0','test','experiment.yaml','{"trials":1}',1,'d',1,NULL,4,'open',NULL,0,0,NULL,NULL,NULL,NULL,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE sample(sample INTEGER PRIMARY KEY, id TEXT, cluster TEXT, tags TEXT, description TEXT, expected INTEGER, place INTEGER, hash TEXT, metadata INTEGER, perturbation TEXT, original INTEGER);
INSERT INTO "sample" VALUES(0,'s1',NULL,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "sample" VALUES(1,'s2',NULL,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE score(cell INTEGER, name TEXT, path TEXT, value REAL, pass INTEGER, weight REAL, reason TEXT, ungraded INTEGER, agreement REAL, calls INTEGER, sent INTEGER, cached INTEGER, unsent INTEGER, attempts INTEGER, input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, unknown_usage_calls INTEGER, cost_nanousd INTEGER, unknown_cost_calls INTEGER, lost_attempts INTEGER, cost_upper_nanousd INTEGER, work_ns INTEGER, instances TEXT, question INTEGER, answer INTEGER);
INSERT INTO "score" VALUES(0,'same',NULL,1.0,1,1.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "score" VALUES(2,'same',NULL,0.0,0,1.0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE step(step INTEGER PRIMARY KEY, cell INTEGER, ordinal INTEGER, node INTEGER, path TEXT, parent INTEGER, outcome TEXT, kind TEXT, message TEXT, start_ns INTEGER, end_ns INTEGER, calls INTEGER, sent INTEGER, cached INTEGER, unsent INTEGER, attempts INTEGER, input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, unknown_usage_calls INTEGER, cost_nanousd INTEGER, unknown_cost_calls INTEGER, lost_attempts INTEGER, cost_upper_nanousd INTEGER, permit_wait_ns INTEGER, backoff_ns INTEGER, store_wait_ns INTEGER, connect_ns INTEGER, provider_ns INTEGER, value INTEGER, note TEXT, role TEXT);
INSERT INTO "step" VALUES(1,0,0,1,'.',NULL,'ok',NULL,NULL,0,30,1,1,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,70,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3,NULL,NULL);
INSERT INTO "step" VALUES(2,2,0,1,'.',NULL,'ok',NULL,NULL,0,30,1,1,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,80,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3,NULL,NULL);
CREATE TABLE variant(variant INTEGER PRIMARY KEY, name TEXT, pattern TEXT, description TEXT);
INSERT INTO "variant" VALUES(0,'single','call','one prompt');
INSERT INTO "variant" VALUES(1,'steps','chain',NULL);
CREATE TABLE verdict(cell INTEGER, name TEXT, path TEXT, opponent INTEGER, repeat INTEGER, value REAL, reason TEXT);
CREATE VIEW cell_named AS SELECT v.name AS variant_name, s.id AS sample_id, cell.* FROM cell JOIN variant v USING (variant) JOIN sample s USING (sample);
CREATE VIEW step_named AS SELECT v.name AS variant_name, n.variant, n.path AS node_path, n.pattern, step.* FROM step JOIN node n USING (node) JOIN variant v USING (variant);
CREATE VIEW attempt AS -- every HTTP try
  SELECT call, number, http_status, outcome, message, retry_after_ns, permit_wait_ns,
         backoff_before_ns, start_ns, connect_ns, first_byte_ns, total_ns, lost,
         cost_upper_nanousd, protocol, tls_ns
    FROM attempt_kept
  UNION ALL
  SELECT call, 1, http_status, outcome, message, NULL, permit_wait_ns,
         0, start_ns, connect_ns, first_byte_ns, connect_ns + provider_ns, 0, 0,
         protocol, tls_ns
    FROM call WHERE source = 'sent' AND attempts = 1
     AND NOT EXISTS (SELECT 1 FROM attempt_kept k WHERE k.call = call.call);

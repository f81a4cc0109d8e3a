// node workload.mjs WORKLOAD INPUT OUTPUT: one workload as one query, with two threads.
import { DuckDBInstance } from '@duckdb/node-api';

const [workload, input, output] = process.argv.slice(2);
const text = (path) => `'${path.replaceAll("'", "''")}'`;
const read = (separator, columns) =>
  `read_csv(${text(input)}, delim=${separator}, columns=${columns}, header=false, quote='', escape='', auto_detect=false, new_line='\\n')`;
const lines = read("'\x1f'", "{'line': 'VARCHAR'}");

const queries = {
  W1: `SELECT word, count(*) FROM (SELECT unnest(string_split(line, ' ')) AS word FROM ${lines}) GROUP BY word ORDER BY word`,
  W2: `SELECT user_name, sum(number) FROM ${read("'\t'", "{'user_name': 'VARCHAR', 'number': 'BIGINT'}")} GROUP BY user_name ORDER BY user_name`,
  W3: `SELECT word, string_agg(document, ' ' ORDER BY document)
       FROM (SELECT DISTINCT document, unnest(string_split(words, ' ')) AS word
             FROM ${read("'\t'", "{'document': 'VARCHAR', 'words': 'VARCHAR'}")})
       GROUP BY word ORDER BY word`,
  W4: `SELECT line FROM ${lines} ORDER BY line`,
  W5: `SELECT line FROM ${lines} WHERE contains(line, 'zyzzyva') ORDER BY line`,
};

const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
const separator = ['W4', 'W5'].includes(workload) ? "'\x1f'" : "'\t'";
await connection.run(`COPY (${queries[workload]}) TO ${text(output)} (FORMAT csv, HEADER false, DELIMITER ${separator}, QUOTE '', ESCAPE '')`);
connection.closeSync();
instance.closeSync();

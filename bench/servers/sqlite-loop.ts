// The least that storing can cost: better-sqlite3 and rows in a loop, in the table and with the pragmas of the server.
// node sqlite-loop.ts FOLDER ROWS_IN_A_TRANSACTION SECONDS. Prints how many rows a second.
import path from 'node:path';
import { inserter, makeDatabase } from '../rows.ts';

const [folder = '', each = 1, seconds = 1] = process.argv.slice(2);
const db = makeDatabase(path.join(folder, 'loop.sqlite'));
const insert = inserter(db);
const transaction = db.transaction(() => {
  for (let index = 0; index < Number(each); index++) insert('my-chatbot');
});

const began = performance.now();
let rows = 0;
for (; performance.now() - began < Number(seconds) * 1000; rows += Number(each)) transaction();
process.stdout.write(String((rows / (performance.now() - began)) * 1000));

import { bytes, count, GiB, KiB, MiB, percent, type Section } from '../setting.ts';

/** How sources are cut into tasks, and when data is small enough to take a shorter way. */
export const plannerSettings = {
  taskBytesTarget: bytes(512 * MiB, {
    min: 64 * KiB,
    max: 16 * GiB,
    doc: 'Data that one task of a scan should read, as estimated in memory: a task should take 100 ms to a few seconds.',
  }),
  taskBytesMin: bytes(8 * MiB, {
    min: 1,
    max: 16 * GiB,
    doc: 'Data below which splitting further does not pay: smaller inputs are read by one task.',
  }),
  tasksPerSlot: count(1, {
    min: 1,
    max: 64,
    doc: 'Tasks of a scan for each slot of the cluster, where each of them has 16 times `taskBytesMin`. More than one even out slots of unequal speed, and each costs some 10 ms and builds its tables anew.',
  }),
  textSplitBytes: bytes(4 * MiB, {
    min: KiB,
    max: GiB,
    doc: 'The grain at which CSV and NDJSON files are cut. Neighbours that fall to one task are joined again.',
  }),
  plannedPartitionsMax: count(1_024, {
    min: 1,
    max: 65_536,
    doc: 'The most partitions that the planner gives an exchange by itself.',
  }),
  broadcastBytesMax: bytes(64 * MiB, {
    min: 0,
    max: 16 * GiB,
    doc: 'The right side of a join is sent whole to every task if it is estimated to be no larger; else both are hashed.',
  }),
  filterBytesMax: bytes(64 * MiB, {
    min: 0,
    max: 16 * GiB,
    doc: 'A side of a join that has less is sent whole to the stages of the other side, which leave out rows without a partner before they are exchanged, where that spares more than it costs. 0: never.',
  }),
  filterGainPercent: percent(100, {
    min: 0,
    max: 1_000_000,
    doc: 'Rows without a partner are left out before they are exchanged where that is thought to spare this share of what it costs. 0: always.',
  }),
  rereadBytesMax: bytes(MiB, {
    min: 0,
    max: GiB,
    doc: 'Files no larger on the right side of a join are read by every task itself, which saves a stage.',
  }),
  sortBytesMin: bytes(64 * MiB, {
    min: 1,
    max: 16 * GiB,
    doc: 'Data below which a sort is done in one task: cutting it into ranges takes three stages more.',
  }),
  sortSampleRows: count(20_000, {
    min: 100,
    max: 1_000_000,
    doc: 'About how many rows are sampled to cut a sort into ranges.',
  }),
  sortKeyBytesMax: bytes(256, {
    min: 8,
    max: 64 * KiB,
    doc: 'How much of the beginning of a sort key decides to which range its row goes. Rows that differ later stay together.',
  }),
  pivotValuesMax: count(10_000, {
    min: 1,
    max: 1_000_000,
    doc: 'The most values of a column that a PIVOT without IN makes columns of. They are looked up before the question is planned.',
  }),
  pivotRoundsMax: count(3, {
    min: 1,
    max: 100,
    doc: 'How often the values of a PIVOT are looked up if the files change before the question is planned over them.',
  }),
  subqueryLevelsMax: count(20, {
    min: 1,
    max: 30,
    doc: 'On how many levels subqueries may stand in each other within expressions: DuckDB takes twice as long for each to plan a question, about a second for 20. Those in FROM are not counted.',
  }),
  wideBytesMax: bytes(GiB, {
    min: 0,
    max: 1024 * GiB,
    doc: 'A question over files that reads no more than this, as estimated in memory, and needs rows to meet runs as one task that has all threads of one worker: there DuckDB needs no exchange. 0: every question is distributed.',
  }),
  largeWideBytesMin: bytes(0, {
    min: 0,
    max: 1024 * GiB,
    doc: 'A wide question that reads so much has the memory of all workers if nothing else runs as it begins; they take no other task until it has ended. Only for workers of one machine: an embedded cluster sets it to the memory of one worker. 0: never.',
  }),
  skewPercent: percent(500, {
    min: 101,
    max: 1_000_000,
    doc: 'A partition of a join that is so large beside the median one is read by several tasks, if it is larger than `skewBytesMin`, too.',
  }),
  skewBytesMin: bytes(64 * MiB, {
    min: 1,
    max: 64 * GiB,
    doc: 'Partitions of a join below this are never cut for being larger than others.',
  }),
  awaitOtherSidePercent: percent(200, {
    min: 100,
    max: 1_000_000,
    doc: 'A side of a join that is estimated at so much of the other side is begun when that one is done: if it is small, the join needs no exchange.',
  }),
  sourceFilesMax: count(100_000, {
    min: 1,
    max: 10_000_000,
    doc: 'The most files that one scan may name after its globs are expanded.',
  }),
  planCacheEntriesMax: count(256, {
    min: 0,
    max: 100_000,
    doc: 'Questions whose stages the coordinator remembers: asked again over the same files as they are, they are not planned again. 0: none.',
  }),
  sourceCacheEntriesMax: count(10_000, {
    min: 0,
    max: 10_000_000,
    doc: 'Files whose footers or dialects the coordinator remembers, by path, size and modification time.',
  }),
} as const satisfies Section;

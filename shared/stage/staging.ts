/** What the names of files that a sink writes begin with. */
export const partPrefix = 'part-';

/** The directory beside the destination in which a run of a job stages its files: what an earlier run left is elsewhere. */
export const stagingName = (destination: string, run: string): string => `.${destination}.${run}.unfinished`;

/** One run of a job, under one leader: stands in temporary names. */
export const runName = (job: string, epoch: number): string => `${job}.${epoch}`;

/** Whether a name is that of a staging directory of the job, of whichever run. */
export const isStaging = (name: string, destination: string, job: string): boolean =>
  name.startsWith(`.${destination}.${job}.`) && name.endsWith('.unfinished');

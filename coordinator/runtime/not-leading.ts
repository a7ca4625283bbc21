import { SheafError } from '../../shared/errors.ts';

const waiting = " at the moment: it waits for etcd, or for the last leader's lease there to end";

/**
 * Why a coordinator serves no jobs: another leads; or it was the leader itself, and waits for etcd to lead again; or it was
 * started where one was killed, whose lease lasts. Pure.
 *
 * @param own its address
 * @param leader the address of the leader that was last heard of; empty if there was none
 */
export function notLeading(own: string, leader: string): SheafError {
  const isOther = leader !== '' && leader !== own;
  const why = isOther ? `; ${leader} does` : leader === own ? waiting : '';
  return new SheafError('NOT_LEADER', `This coordinator does not lead${why}`, {
    retryable: true,
    next: isOther
      ? 'Connect to the leader, or try again in a few seconds.'
      : 'Try again in some ten seconds. If that lasts, see that etcd runs and answers: the coordinator says in its log what it waits for.',
    details: { leader },
  });
}

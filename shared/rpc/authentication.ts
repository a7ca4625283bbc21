import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { SheafError } from '../errors.ts';
import { toStatus } from './errors.ts';
import { tokenCheck } from './token.ts';

/** Refuses every call that does not bear the token, before any of its messages is read. */
export function demandToken(token: string, errorBytesMax: number): ServerInterceptor {
  const isRight = tokenCheck(token);
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const given = metadata.get('authorization').map(String);
            const refused = given.length === 1 && isBearer(given[0] ?? '', isRight) ? undefined : refusal(given.length);
            if (refused) call.sendStatus(toStatus(refused, errorBytesMax));
            else proceed(metadata);
          },
        }),
    });
}

const isBearer = (header: string, isRight: (token: string) => boolean): boolean =>
  header.startsWith('Bearer ') && isRight(header.slice('Bearer '.length));

const refusal = (headers: number): SheafError =>
  new SheafError('UNAUTHENTICATED', headers === 0 ? 'This port demands a token' : 'The token is not the right one', {
    next: "Pass the cluster's token with --token-file.",
  });

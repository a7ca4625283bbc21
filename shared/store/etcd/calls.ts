import { SheafError } from '../../errors.ts';

/** grpc-js honours deadlines, but etcd3 awaits things before it calls. */
export async function within<Answer>(timeoutMs: number, answer: Promise<Answer>): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new SheafError('DEADLINE', `no answer within ${timeoutMs} ms`, {
          next: 'Look whether etcd runs at this address, and is not overloaded.',
        }),
      ),
    timeoutMs,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Exchange<Request, Answer> {
  on(event: 'data', heard: (answer: Answer) => void): unknown;
  on(event: 'error', heard: (error: Error) => void): unknown;
  on(event: 'end', heard: () => void): unknown;
  write(request: Request): void;
  end(): void;
}

/** Sends one request on a stream of its own and takes the first answer. */
export async function firstAnswer<Request, Answer>(
  stream: Exchange<Request, Answer>,
  request: Request,
): Promise<Answer> {
  try {
    return await new Promise<Answer>((resolve, reject) => {
      stream.on('data', resolve);
      stream.on('error', reject);
      stream.on('end', () => reject(new Error('the stream ended without an answer')));
      stream.write(request);
    });
  } finally {
    stream.end();
  }
}

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A proxy that carries a COMMIT to the server and loses the answer: the connection breaks before it comes back. */
export interface LostCommitProxy extends AsyncDisposable {
  readonly port: number;
  /** How many answers were lost. */
  readonly lost: () => number;
}

/** Starts a proxy that cuts the connection after a COMMIT, before its answer. */
export async function startLostCommitProxy(serverPort: number): Promise<LostCommitProxy> {
  const sockets = new Set<Socket>();
  let lost = 0;
  const server = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    let isLost = false;
    near.on('data', (bytes) => {
      far.write(bytes);
      if (!bytes.includes('COMMIT\0')) return;
      isLost = true;
      lost++;
    });
    far.on('data', (bytes) => {
      // The server has committed when it answers.
      if (isLost) near.destroy();
      else near.write(bytes);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { readonly port: number }).port,
    lost: () => lost,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that can misbehave as networks do. */
export interface Proxy extends AsyncDisposable {
  /** `127.0.0.1:port` to connect to. */
  readonly address: string;
  /** Breaks all connections and refuses new ones. */
  cut(): void;
  /** Keeps connections open but carries nothing more through them: a half-open connection. New ones hang too. */
  freeze(): void;
  /** Carries new connections again. */
  heal(): void;
}

/** Starts a TCP proxy that can be cut and healed. */
export async function startProxy(target: string): Promise<Proxy> {
  const [host, port] = target.split(':');
  const sockets = new Set<Socket>();
  let mode: 'carry' | 'cut' | 'freeze' = 'carry';
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    if (mode === 'cut') near.destroy();
    if (mode !== 'carry') return;
    const far = connect(Number(port), host);
    keep(far);
    near.pipe(far).on('close', () => near.destroy());
    far.pipe(near).on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address() as { readonly port: number };
  const cut = () => {
    mode = 'cut';
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${bound.port}`,
    cut,
    freeze() {
      mode = 'freeze';
      for (const socket of sockets) socket.unpipe().pause();
    },
    heal() {
      mode = 'carry';
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

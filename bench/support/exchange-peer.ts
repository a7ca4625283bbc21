/**
 * The sending side of `bench/exchange.ts`, as a process of its own: our Flight server over a root, a bare grpc-js
 * server and a bare TCP server, all sending the same number of bytes. Prints their addresses as JSON.
 */
import { createServer } from 'node:net';
import { Server, ServerCredentials, type ServerWritableStream, type UntypedHandleCall } from '@grpc/grpc-js';
import { loadConfig } from '../../shared/config/config.ts';
import { startFlightServer } from '../../shared/flight/server.ts';
import { FileSource } from '../../shared/flight/source.ts';
import { loadService } from '../../shared/rpc/proto.ts';

const [, , root = '', messages = '', messageBytes = ''] = process.argv;
const body = Buffer.alloc(Number(messageBytes), 7);
const config = loadConfig(process.env);

const flight = await startFlightServer({ source: new FileSource(root, 16), config });

/** As plain as grpc-js allows: protobuf messages from memory, `drain` respected. */
function pull(call: ServerWritableStream<unknown, unknown>): void {
  sendFrom(call, 0);
}

function sendFrom(call: ServerWritableStream<unknown, unknown>, first: number): void {
  for (let at = first; at < Number(messages); at++) {
    if (!call.write({ dataHeader: body.subarray(0, 400), dataBody: body })) {
      call.once('drain', () => sendFrom(call, at + 1));
      return;
    }
  }
  call.end();
}

const bare = new Server({ 'grpc.max_send_message_length': -1 });
const { definition } = loadService('Flight', 'arrow.flight.protocol.FlightService');
bare.addService(definition, { doGet: pull as UntypedHandleCall });
const grpcPort = await new Promise<number>((resolve, reject) =>
  bare.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error ? reject(error) : resolve(port),
  ),
);

const tcp = createServer((socket) => {
  let left = Number(messages);
  const send = (): void => {
    while (left-- > 0) if (!socket.write(body)) return void socket.once('drain', send);
    socket.end();
  };
  socket.on('error', () => socket.destroy());
  send();
});
await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
const bound = tcp.address();
const tcpPort = typeof bound === 'object' && bound ? bound.port : 0;

process.stdout.write(`${JSON.stringify({ flight: flight.address, grpc: `127.0.0.1:${grpcPort}`, tcpPort })}\n`);
process.stdin.on('end', () => process.exit()).resume();

/** Free ports, and what answers on them. */
import { createConnection, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';

const LOOPBACK = '127.0.0.1';

/** A port that was free a moment ago; whoever starts a server on it must be ready to try another. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Null when a server may listen there, otherwise the system's reason (EADDRINUSE, EACCES, …). */
export function whyPortIsTaken(port, host = LOOPBACK) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/**
 * Opens a connection, says `greeting`, and returns the first bytes that come back. With `tls` the certificate is
 * not judged: nothing secret is sent before the program's own client has done that.
 * Throws the connection's error, or one with code ETIMEDOUT after `withinMs`.
 */
export function firstBytes({ host, port, greeting = '', tls = false, withinMs = 2000 }) {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, servername: host, rejectUnauthorized: false })
      : createConnection({ host, port });
    const finish = (settle, value) => {
      socket.destroy();
      settle(value);
    };
    socket.setTimeout(withinMs, () => finish(reject, timeout(withinMs)));
    socket.once(tls ? 'secureConnect' : 'connect', () => greeting && socket.write(greeting));
    socket.once('data', (bytes) => finish(resolve, bytes));
    socket.once('error', (error) => finish(reject, error));
    socket.once('end', () => finish(reject, new Error('the connection was closed without an answer')));
  });
}

function timeout(withinMs) {
  return Object.assign(new Error(`no answer within ${withinMs} ms`), { code: 'ETIMEDOUT' });
}

// SPDX-License-Identifier: Apache-2.0
// Node's own HTTP server, which tells what requests it saw: a line for each, its parts in base64.
const http = require('http');
const say = (...parts) =>
  process.stdout.write(parts.map((p) => Buffer.from(String(p), 'latin1').toString('base64')).join(' ') + '\n');
const server = http.createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
  (request, response) => {
    const body = [];
    request.on('data', (part) => body.push(part));
    request.on('end', () => {
      say(request.method, request.url, request.headers.host || '', Buffer.concat(body).toString('latin1'));
      response.writeHead(200, { 'content-length': '2' });
      response.end('ok');
    });
  });
server.on('clientError', (error, socket) => {
  // A connection that the proxy gives up is no disagreement; bytes that make no request are.
  if (String(error.code).startsWith('HPE_') && error.code !== 'HPE_INVALID_EOF_STATE') {
    say('UNREADABLE', error.code, '', '');
  }
  socket.destroy();
});
server.listen(0, '127.0.0.1', () => process.stdout.write('port ' + server.address().port + '\n'));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

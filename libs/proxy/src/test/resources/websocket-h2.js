// SPDX-License-Identifier: Apache-2.0
// Node's HTTP/2 client opens a WebSocket by extended CONNECT, sends the frame of its last argument
// (hex), and says what comes back: the status, the bytes in hex, the end.
const http2 = require('http2');
const [port, path, protocol, ...frames] = process.argv.slice(2);
const session = http2.connect('http://127.0.0.1:' + port);
session.on('error', (e) => { console.log('error ' + e.code); process.exit(1); });
session.on('remoteSettings', (settings) => {
  console.log('extended ' + settings.enableConnectProtocol);
  const stream = session.request({
    ':method': 'CONNECT', ':protocol': protocol, ':scheme': 'http', ':path': path,
    ':authority': 'h', 'sec-websocket-version': '13',
  }, { endStream: false });
  stream.on('response', (headers) => {
    console.log('status ' + headers[':status']);
    if (headers[':status'] !== 200) { session.close(); return; }
    frames.forEach((f) => stream.write(Buffer.from(f, 'hex')));
  });
  stream.on('data', (data) => console.log('data ' + data.toString('hex')));
  stream.on('end', () => { console.log('end'); stream.end(); session.close(); });
  stream.on('error', (e) => { console.log('error ' + e.code); session.close(); });
});

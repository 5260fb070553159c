// SPDX-License-Identifier: Apache-2.0
// Node's HTTP/2 client opens a tunnel by CONNECT, asks an HTTP/1.1 question inside it, and says
// what comes back.
const http2 = require('http2');
const [port, authority] = process.argv.slice(2);
const session = http2.connect('http://127.0.0.1:' + port);
session.on('error', (e) => { console.log('error ' + e.code); process.exit(1); });
const tunnel = session.request({ ':method': 'CONNECT', ':authority': authority }, { endStream: false });
tunnel.on('response', (headers) => {
  console.log('status ' + headers[':status']);
  tunnel.write('POST /inner HTTP/1.1\r\nHost: ' + authority
    + '\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n' + 'x'.repeat(100000));
});
tunnel.on('data', (part) => process.stdout.write(part.toString()));
tunnel.on('end', () => { console.log('\nend'); tunnel.end(); session.close(); });

// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import java.io.IOException;

/** What answers the requests under one path. Runs on a virtual thread of its own and may block. */
interface Endpoint {
  Answer answer(Request request) throws IOException, InterruptedException;
}

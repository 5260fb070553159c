// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tcp;

import io.netty.channel.ChannelHandler;

/** A byte stream within messages: its end is one of them, {@link Splice#END_OF_OUTPUT}. */
interface OwnEnd extends ChannelHandler {}

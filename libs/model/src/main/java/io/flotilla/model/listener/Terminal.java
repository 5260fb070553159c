// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

/** The last filter of a chain: who speaks the protocol. */
public sealed interface Terminal permits HttpConnectionManager, TcpProxy {}

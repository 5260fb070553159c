// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot;

import io.flotilla.shell.MeshEvent;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Keeps the events that Pilot sends, and sends it Galley's. */
@ApplicationScoped
public class ProxyEventsRecorder {
  private final List<MeshEvent> events = new CopyOnWriteArrayList<>();

  private final Emitter<String> configuration;

  ProxyEventsRecorder(@Channel("config-events") Emitter<String> configuration) {
    this.configuration = configuration;
  }

  void tell(String event) {
    configuration.send(event);
  }

  @Incoming("proxy-events")
  void on(String json) {
    events.add(MeshEvent.fromJson(json));
  }

  List<MeshEvent> about(String subject) {
    return events.stream().filter(each -> each.subject().equals(subject)).toList();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley;

import io.flotilla.galley.history.HistoryFile;
import io.flotilla.galley.history.LastGoodFile;
import io.flotilla.galley.intake.DirectorySource;
import io.flotilla.galley.intake.FileChange;
import io.flotilla.galley.intake.FileSignature;
import io.flotilla.galley.publish.ConfigEvents;
import io.flotilla.galley.publish.McpIdentity;
import io.flotilla.galley.publish.McpResources;
import io.flotilla.galley.publish.McpServer;
import io.flotilla.galley.publish.McpSource;
import io.flotilla.galley.store.Configuration;
import io.flotilla.galley.store.ConfigurationStore;
import io.flotilla.galley.store.FileState;
import io.flotilla.galley.store.Revision;
import io.flotilla.shell.GrpcPort;
import io.flotilla.xds.server.StreamListener;
import io.netty.handler.ssl.SslContext;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The way through the service: a change of files, the verdict, the history, the publication; in
 * this order, on the source's thread, one step after the other.
 */
@ApplicationScoped
public class Galley {
  private static final Logger LOG = Logger.getLogger(Galley.class);

  private final GalleyConfig config;
  private final ConfigEvents events;
  private final ConfigurationStore store = new ConfigurationStore(Clock.systemUTC());
  private final McpResources resources = new McpResources();
  private final McpSource mcp = new McpSource();
  private volatile Optional<HistoryFile> history = Optional.empty();
  private volatile Optional<LastGoodFile> lastGood = Optional.empty();
  private volatile Optional<DirectorySource> source = Optional.empty();
  private volatile Optional<GrpcPort> server = Optional.empty();
  private volatile Optional<McpIdentity> identity = Optional.empty();

  public Galley(GalleyConfig config, ConfigEvents events) {
    this.config = config;
    this.events = events;
  }

  void start(@Observes StartupEvent started) {
    config.state().dir().ifPresent(this::restore);
    config.source().dir().ifPresent(this::watch);
    mcp.publish(resources.of(store.current()));
    if (config.mcp().tls().enabled()) {
      McpIdentity own = McpIdentity.of(config.identity());
      identity = Optional.of(own);
      own.start(() -> serve(Optional.of(own.serverTls())));
    } else {
      serve(Optional.empty());
    }
  }

  private synchronized void serve(Optional<SslContext> tls) {
    if (server.isEmpty()) {
      server = Optional.of(McpServer.open(config.mcp(), tls, mcp, new StreamListener() {}));
    }
  }

  void stop(@Observes ShutdownEvent stopping) {
    source.ifPresent(DirectorySource::close);
    server.ifPresent(GrpcPort::close);
    identity.ifPresent(McpIdentity::close);
  }

  private void restore(Path directory) {
    history = Optional.of(new HistoryFile(directory, config.state().maxHistoryBytes()));
    LastGoodFile file = new LastGoodFile(directory);
    lastGood = Optional.of(file);
    file.read().ifPresent(state -> store.restore(state.revision(), state.files()));
  }

  private void watch(Path directory) {
    Map<String, FileSignature> known =
        store.files().stream().collect(Collectors.toMap(FileState::file, FileState::signature));
    DirectorySource watching = new DirectorySource(directory, config.source(), known, this::apply);
    source = Optional.of(watching);
    watching.start();
  }

  private void apply(List<FileChange> changes) {
    Optional<Revision> revision = store.apply(changes);
    mcp.publish(resources.of(store.current()));
    revision.ifPresent(this::tell);
  }

  private void tell(Revision revision) {
    LOG.infof(
        "revision %d: %d objects changed, %d documents refused (%s)",
        revision.revision(),
        revision.changes().size(),
        revision.rejections().size(),
        revision.cause());
    revision.rejections().forEach(rejection -> LOG.warnf("refused: %s", rejection));
    lastGood.ifPresent(file -> file.write(revision.revision(), store.files()));
    history.ifPresent(file -> file.append(revision));
    events.tell(revision);
  }

  /** What is in force. */
  public Configuration current() {
    return store.current();
  }

  /** The history on disk, if it is kept. */
  public Optional<HistoryFile> history() {
    return history;
  }

  /** The port on which MCP is served, once it is. */
  public OptionalInt mcpPort() {
    return server
        .filter(GrpcPort::listening)
        .map(GrpcPort::port)
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }

  /** How many MCP streams there are. */
  public int streams() {
    return mcp.streams();
  }

  /** What hinders the service, though it goes on serving: sentences. */
  public List<String> troubles() {
    List<String> sentences = new ArrayList<>();
    source.flatMap(DirectorySource::trouble).ifPresent(sentences::add);
    history.flatMap(HistoryFile::trouble).ifPresent(sentences::add);
    lastGood.flatMap(LastGoodFile::trouble).ifPresent(sentences::add);
    return sentences;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

/**
 * A reference to something that a span has.
 *
 * @param name of the attribute, or as the query writes the intrinsic
 */
record Field(Scope scope, Intrinsic intrinsic, String name, String text) {

  /** Where an attribute is looked for. */
  enum Scope {
    /** The span first, then its resource. */
    ANY,
    SPAN,
    RESOURCE,
    PARENT,
    PARENT_SPAN,
    PARENT_RESOURCE,
    EVENT,
    LINK,
    INSTRUMENTATION
  }

  /** What is no attribute; the type is what checks need to know. */
  enum Intrinsic {
    NONE(Type.ANY),
    DURATION(Type.NUMBER),
    NAME(Type.TEXT),
    STATUS(Type.STATUS),
    STATUS_MESSAGE(Type.TEXT),
    KIND(Type.KIND),
    CHILD_COUNT(Type.NUMBER),
    PARENT(Type.ANY),
    SPAN_ID(Type.TEXT),
    PARENT_ID(Type.TEXT),
    TRACE_ID(Type.TEXT),
    TRACE_DURATION(Type.NUMBER),
    ROOT_NAME(Type.TEXT),
    ROOT_SERVICE(Type.TEXT),
    EVENT_NAME(Type.TEXT),
    EVENT_TIME(Type.NUMBER),
    LINK_SPAN_ID(Type.TEXT),
    LINK_TRACE_ID(Type.TEXT),
    SCOPE_NAME(Type.TEXT),
    SCOPE_VERSION(Type.TEXT),
    NESTED_LEFT(Type.NUMBER),
    NESTED_RIGHT(Type.NUMBER),
    NESTED_PARENT(Type.NUMBER);

    final Type type;

    Intrinsic(Type type) {
      this.type = type;
    }
  }

  /** What an expression can give, as far as it is known before any span is seen. */
  enum Type {
    ANY,
    NUMBER,
    TEXT,
    TRUTH,
    STATUS,
    KIND,
    NIL;

    boolean fits(Type other) {
      return this == other || this == ANY || other == ANY || this == NIL || other == NIL;
    }
  }

  static Field attribute(Scope scope, String name, String text) {
    return new Field(scope, Intrinsic.NONE, name, text);
  }

  static Field intrinsic(Intrinsic intrinsic, String text) {
    return new Field(Scope.ANY, intrinsic, text, text);
  }
}

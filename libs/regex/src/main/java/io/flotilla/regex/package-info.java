// SPDX-License-Identifier: Apache-2.0

/**
 * Regular expressions from outside. RE2 promises time linear in the text, but the program that it
 * compiles grows with the product of nested repeats, and RE2/J has no bound for that: forty
 * characters can ask for terabytes. {@link io.flotilla.regex.BoundedRegex} estimates the program
 * before it is compiled and refuses what is too large, too deep or no RE2 expression, in one
 * sentence.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.regex;

// SPDX-License-Identifier: Apache-2.0
import LockIcon from '@patternfly/react-icons/dist/esm/icons/lock-icon';
import LockOpenIcon from '@patternfly/react-icons/dist/esm/icons/lock-open-icon';

export function Legend() {
  return (
    <ul className="legend" aria-label="Legend">
      <li>
        <i className="legend__line legend__line--good" /> under 1 % errors
      </li>
      <li>
        <i className="legend__line legend__line--degraded" /> 1 to 5 %
      </li>
      <li>
        <i className="legend__line legend__line--failing" /> over 5 %
      </li>
      <li>
        <LockIcon className="lock--locked" /> mutual TLS
      </li>
      <li>
        <LockOpenIcon className="lock--open" /> plaintext
      </li>
      <li className="muted">thicker is busier; hover for latency</li>
    </ul>
  );
}

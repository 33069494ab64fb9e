/** The panel's icon: three rows of a list and a column, drawn in the theme's own colours. */

import { LabIcon } from '@jupyterlab/ui-components';

export const procoreIcon = new LabIcon({
  name: 'procore-jupyter:logo',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M4 20V9l8-5 8 5v11h-2V10.1l-6-3.75-6 3.75V20zm4-8h8v2H8zm0 3.5h8v2H8z"/>
  </svg>`
});

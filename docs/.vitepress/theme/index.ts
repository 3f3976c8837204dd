import { h } from 'vue';
import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import './site.css';

const NOTICE =
  'Research software, not a medical device. Not for diagnosis or treatment; every output needs a radiologist.';

/** The default theme, with the notice at the foot of every page. */
export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, { 'layout-bottom': () => h('footer', { class: 'notice' }, NOTICE) }),
} satisfies Theme;

// The one door to the rendering library: what screens are made of. Knows no screen.

import { Fragment, h, render } from "preact";
import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect,
} from "@preact/signals";
import htm from "htm";

/** Tagged template: `html\`<p class="soft">${text}</p>\`` is a tree of elements. */
const html = htm.bind(h);

export {
  html, render, h, Fragment,
  signal, computed, effect, batch, untracked, useSignal, useComputed, useSignalEffect,
  useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState,
};

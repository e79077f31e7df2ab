/** The UMD build of Cytoscape, loaded before the modules; absent when an installation lacks it. */
declare const cytoscape: typeof import("cytoscape") | undefined;

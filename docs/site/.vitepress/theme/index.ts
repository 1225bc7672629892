// VitePress's own theme with the reader's fonts, so that nothing is loaded for letters.
import theme from "vitepress/theme-without-fonts";
import "./style.css";

export default theme;

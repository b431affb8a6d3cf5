r"""Spellings of one claim, ∂L/∂b_1 = R: every way to write the partial, the relation, the right
side and what stands about them that the authors of derivations use.

Each spelling is a name and a text in which ``@`` stands for the right side. What ``@`` is decides
whether the claim is right: a verifier that reads it says so, one that does not says that the
gradient is not read. It never passes in silence.
"""

from __future__ import annotations

from collections.abc import Iterator

RIGHT = "2(q - y) w_2"
WRONG = "2(q - y) w_2 x"

BEFORE = r"""The network is

$$z = w_1 x + b_1$$

$$q = w_2 z + b_2$$

$$L = (q - y)^2$$

Its gradients are

$$\frac{\partial L}{\partial w_2} = 2(q - y) z$$

$$\frac{\partial L}{\partial b_2} = 2(q - y)$$

$$\frac{\partial L}{\partial w_1} = 2(q - y) w_2 x$$

"""
"""The network, and three of its four gradients, right."""

AFTER = "\n\nThat is all.\n"

PARTIAL = r"\frac{\partial L}{\partial b_1}"

_PARTIALS = r"""
\frac{\partial L}{\partial b_1}
\dfrac{\partial L}{\partial b_1}
\tfrac{\partial L}{\partial b_1}
\cfrac{\partial L}{\partial b_1}
\displaystyle\frac{\partial L}{\partial b_1}
\frac{\partial{L}}{\partial{b_1}}
\frac{\partial {L}}{\partial {b_1}}
\frac{\partial L}{\partial{b}_1}
\frac{\partial L}{\partial b_{1}}
\frac{\partial\, L}{\partial\, b_1}
\frac{\partial(L)}{\partial(b_1)}
\frac{\partial (L)}{\partial b_1}
\frac{\partial \left(L\right)}{\partial \left(b_1\right)}
\frac{ \partial }{ \partial b_1 } L
\frac{\partial}{\partial b_1}(L)
\frac{\partial}{\partial b_1} \left[ L \right]
\frac{\partial}{\partial b_1}\Big(L\Big)
\frac{\partial}{\partial b_1} (q - y)^2
\frac{\partial}{\partial b_1} \left[ (q - y)^2 \right]
\frac{\partial (q - y)^2}{\partial b_1}
\frac{d L}{d b_1}
\frac{dL}{db_1}
\frac{\mathrm{d}L}{\mathrm{d}b_1}
\frac{\mathrm{d} L}{\mathrm{d} b_1}
\frac{\mathrm d L}{\mathrm d b_1}
\frac{\text{d}L}{\text{d}b_1}
\frac{{\rm d} L}{{\rm d} b_1}
\frac{\operatorname{d} L}{\operatorname{d} b_1}
\frac{\operatorname{d}\!L}{\operatorname{d}\!b_1}
\frac{\mathrm{\partial} L}{\mathrm{\partial} b_1}
\frac{\mathrm\partial L}{\mathrm\partial b_1}
\frac{\mathit{\partial} L}{\mathit{\partial} b_1}
\frac{{\partial} L}{{\partial} b_1}
\frac{{\partial L}}{{\partial b_1}}
\frac{\boldsymbol{\partial} L}{\boldsymbol{\partial} b_1}
\frac{\bm{\partial} L}{\bm{\partial} b_1}
\frac{\text{∂}L}{\text{∂}b_1}
\frac{\mathrm{∂}L}{\mathrm{∂}b_1}
\frac{∂L}{∂b_1}
\frac{∂ L}{∂ b_1}
\frac{𝜕L}{𝜕b_1}
\frac{\delta L}{\delta b_1}
\frac{\partial \mathcal{L}}{\partial b_1}
\frac{\partial \mathcal L}{\partial b_1}
\frac{\partial \mathscr{L}}{\partial b_1}
\frac{\partial \ell}{\partial b_1}
\frac{\partial \text{L}}{\partial b_1}
\frac{\partial \mathrm{L}}{\partial b_1}
\frac{\partial \textrm{Loss}}{\partial b_1}
\frac{\partial L}{\partial \mathrm{b_1}}
\frac{\partial L}{\partial \mathbf{b}_1}
\frac{\partial L}{\partial \boldsymbol{b_1}}
\frac{\partial L(w, b)}{\partial b_1}
\frac{\partial L(y, q)}{\partial b_1}
\frac{\partial L\left(w_1, b_1\right)}{\partial b_1}
\frac{\partial L}{\partial b_1}(w_1, b_1)
\frac{\partial L}{\partial b_1}\Big|_{x, y}
\left.\frac{\partial L}{\partial b_1}\right|_{x, y}
\frac{\partial^1 L}{\partial b_1^1}
\frac {\partial L} {\partial b_1}
\frac{\partial L} {\partial b_1}
\frac%
{\partial L}{\partial b_1}
{\partial L}/{\partial b_1}
{\partial L} / {\partial b_1}
{\partial{L}}/{\partial{b_1}}
{{\partial L}/{\partial b_1}}
\partial L / \partial b_1
\partial L/\partial b_1
\partial{L}/\partial{b_1}
\partial L / (\partial b_1)
(\partial L) / (\partial b_1)
(\partial L / \partial b_1)
\partial L \mathbin{/} \partial b_1
\partial L \big/ \partial b_1
\left. \partial L \middle/ \partial b_1 \right.
\partial L \div \partial b_1
\partial L \slash \partial b_1
{\partial L \over \partial b_1}
{{\partial L} \over {\partial b_1}}
{\partial L\over\partial b_1}
\partial L \over \partial b_1
{d L \over d b_1}
{\mathrm{d} L \over \mathrm{d} b_1}
{\partial L \atop \partial b_1}
\frac{\partial L / \partial b_1}{1}
\nicefrac{\partial L}{\partial b_1}
\sfrac{\partial L}{\partial b_1}
\flatfrac{\partial L}{\partial b_1}
\genfrac{}{}{}{}{\partial L}{\partial b_1}
\genfrac{}{}{}{0}{\partial L}{\partial b_1}
∂L/∂b_1
∂L / ∂b_1
∂L/∂b₁
∂L⁄∂b_1
∂L∕∂b_1
𝜕L/𝜕b_1
(∂L)/(∂b_1)
\pdv{L}{b_1}
\pdv{ L }{ b_1 }
\pdv{L}{b_{1}}
\pdv*{L}{b_1}
\pdv[1]{L}{b_1}
\pdv{b_1} L
\pdv{b_1}{L}
\pdv{b_1}(L)
\pdv L{b_1}
\partialderivative{L}{b_1}
\pderivative{L}{b_1}
\dv{L}{b_1}
\dv*{L}{b_1}
\dv{b_1} L
\derivative{L}{b_1}
\odv{L}{b_1}
\fdv{L}{b_1}
\diffp{L}{b_1}
\diffp L{b_1}
\diffp*{L}{b_1}
\diff{L}{b_1}
\diffp{}{b_1} L
\pd{L}{b_1}
\pp{L}{b_1}
\pfrac{L}{b_1}
\partials{L}{b_1}
\deriv{L}{b_1}
\grad{L}{b_1}
\D{L}{b_1}
\dd{L}/\dd{b_1}
\frac{\dd L}{\dd b_1}
\frac{\dd{L}}{\dd{b_1}}
\frac{\diff L}{\diff b_1}
\frac{\d L}{\d b_1}
\frac{\dif L}{\dif b_1}
\partial_{b_1} L
\partial_{b_1}L
\partial_{b_1}(L)
\partial_{b_1} \mathcal{L}
\partial_{b_1} \left[ L \right]
{\partial}_{b_1} L
∂_{b_1} L
\mathrm{\partial}_{b_1} L
\nabla_{b_1} L
\nabla_{b_1}L
\nabla_{b_1}(L)
\nabla_{b_1} \mathcal{L}
\nabla_{b_1} L(w, b)
\nabla_{\!b_1} L
\nabla_{{b_1}} L
\nabla_{\mathbf{b}_1} L
{\nabla}_{b_1} L
\boldsymbol{\nabla}_{b_1} L
\vec\nabla_{b_1} L
∇_{b_1} L
\grad_{b_1} L
\operatorname{grad}_{b_1} L
\mathrm{grad}_{b_1} L
\mathrm{D}_{b_1} L
D_{b_1} L
\mathbf{D}_{b_1} L
L_{b_1}
L'_{b_1}
L'(b_1)
dL/db_1
d L / d b_1
\mathrm{d}L/\mathrm{d}b_1
\mathrm{d} L / \mathrm{d} b_1
d(L)/d(b_1)
db_1
\mathrm{d}b_1
d b_1
\mathit{db}_1
\text{db}_1
\mathrm{db}_1
\delta b_1
dL_{b_1}
g_{b_1}
\left( \frac{\partial L}{\partial b_1} \right)
\left[ \frac{\partial L}{\partial b_1} \right]
\left\{ \frac{\partial L}{\partial b_1} \right\}
\left\lbrace \frac{\partial L}{\partial b_1} \right\rbrace
\left\langle \frac{\partial L}{\partial b_1} \right\rangle
\left. \frac{\partial L}{\partial b_1} \right.
\Big[ \frac{\partial L}{\partial b_1} \Big]
\bigl( \frac{\partial L}{\partial b_1} \bigr)
\{ \frac{\partial L}{\partial b_1} \}
( \frac{\partial L}{\partial b_1} )
[ \frac{\partial L}{\partial b_1} ]
(( \frac{\partial L}{\partial b_1} ))
{ \frac{\partial L}{\partial b_1} }
{{ \frac{\partial L}{\partial b_1} }}
\boxed{ \frac{\partial L}{\partial b_1} }
\fbox{$ \frac{\partial L}{\partial b_1} $}
\underline{ \frac{\partial L}{\partial b_1} }
\overline{ \frac{\partial L}{\partial b_1} }
\mathbf{ \frac{\partial L}{\partial b_1} }
\boldsymbol{ \frac{\partial L}{\partial b_1} }
\mathrm{ \frac{\partial L}{\partial b_1} }
\underbrace{ \frac{\partial L}{\partial b_1} }_{\text{the bias}}
\overbrace{ \frac{\partial L}{\partial b_1} }^{\text{the bias}}
\underset{\text{bias}}{ \frac{\partial L}{\partial b_1} }
\overset{\text{bias}}{ \frac{\partial L}{\partial b_1} }
\color{red} \frac{\partial L}{\partial b_1}
\color{red}{ \frac{\partial L}{\partial b_1} }
{\color{red} \frac{\partial L}{\partial b_1} }
\textcolor{red}{ \frac{\partial L}{\partial b_1} }
\colorbox{yellow}{$ \frac{\partial L}{\partial b_1} $}
\mathop{ \frac{\partial L}{\partial b_1} }
\mathord{ \frac{\partial L}{\partial b_1} }
\mathrel{ \frac{\partial L}{\partial b_1} }
\scalebox{1.2}{ \frac{\partial L}{\partial b_1} }
\large \frac{\partial L}{\partial b_1}
\LARGE \frac{\partial L}{\partial b_1}
\huge{ \frac{\partial L}{\partial b_1} }
\ensuremath{ \frac{\partial L}{\partial b_1} }
\mbox{$ \frac{\partial L}{\partial b_1} $}
\left(\pdv{L}{b_1}\right)
\left( \partial L / \partial b_1 \right)
\Bigg[ \nabla_{b_1} L \Bigg]
\vphantom{X} \frac{\partial L}{\partial b_1}
\phantom{X} \frac{\partial L}{\partial b_1}
\therefore \frac{\partial L}{\partial b_1}
\therefore\; \frac{\partial L}{\partial b_1}
\Rightarrow \frac{\partial L}{\partial b_1}
\implies \quad \frac{\partial L}{\partial b_1}
\text{so } \frac{\partial L}{\partial b_1}
\text{hence}\quad \frac{\partial L}{\partial b_1}
\text{the gradient } \frac{\partial L}{\partial b_1}
\text{Bias: } \frac{\partial L}{\partial b_1}
\text{bias gradient:} \quad \frac{\partial L}{\partial b_1}
\mathbf{b_1}: \quad \frac{\partial L}{\partial b_1}
b_1: \quad \frac{\partial L}{\partial b_1}
(4)\quad \frac{\partial L}{\partial b_1}
4) \frac{\partial L}{\partial b_1}
\bullet \frac{\partial L}{\partial b_1}
\bullet\ \frac{\partial L}{\partial b_1}
- \frac{\partial L}{\partial b_1} = -(@), \quad \frac{\partial L}{\partial b_1}
\frac{\partial L}{\partial b_1} = \frac{\partial L}{\partial q} w_2
\frac{\partial L}{\partial b_1} = \frac{\partial L}{\partial q} \frac{\partial q}{\partial z}
\frac{\partial L}{\partial b_1} \equiv db_1
db_1 := \frac{\partial L}{\partial b_1}
\frac{\partial L}{\partial b_1} \unknown
\unknown \frac{\partial L}{\partial b_1}
\unknown{ \frac{\partial L}{\partial b_1} }
"""

_RELATIONS = r"""
=
\ =\
\;=\;
\,=\,
\quad=\quad
\quad = \quad
\qquad =
{=}
{}={}
{} = {}
\mathrel{=}
\mathrel{\,=\,}
\mathrel{:=}
\mathrel{\mathop:}=
\mathop{=}
\mathbin{=}
\boldsymbol{=}
\mathbf{=}
\bm{=}
\textcolor{red}{=}
\color{red}{=}
{\color{red}=}
\large=
\Large =
\bigl.=\bigr.
\phantom{.}=\phantom{.}
\stackrel{!}{=}
\stackrel{\text{def}}{=}
\stackrel{(1)}{=}
\stackrel{(\ref{chain})}{=}
\stackrel{\mathrm{chain}}{=}
\stackrel{\text{\tiny chain}}{=}
\stackrel{def}{\equiv}
\stackrel{\triangle}{=}
\stackrel*{\text{def}}{=}
\overset{!}{=}
\overset{\text{def}}{=}
\overset{(1)}{=}
\overset{\mathrm{(a)}}{=}
\overset{\text{chain}}{:=}
\underset{\text{chain}}{=}
\overset{a}{\underset{b}{=}}
\overset{\text{def}}{\equiv}
\buildrel \text{def} \over =
\overbrace{=}^{\text{chain}}
\underbrace{=}_{\text{chain}}
\xlongequal{}
\xlongequal{\text{chain}}
\xlongequal[a]{b}
\xequal{a}
\longequal
\eqdef
\eq
\equals
\is
\equiv
\Equiv
:=
: =
\colon=
\colon =
\colon\!=
\colon\!\!=
{:=}
:\!=
:\,=
\coloneqq
\coloneq
\vcentcolon=
\colonequals
\Coloneqq
::=
=:
==
= =
\defeq
\triangleq
\doteq
\circeq
\questeq
\risingdotseq
\hateq
\wedgeq
\stareq
\triangle=
\hat{=}
\widehat{=}
\dot{=}
\bumpeq
\Leftarrow
\leftarrow
\gets
≡
≔
≜
≝
⩴
＝
≐
≗
≙
≟
⇐
&=
& =
&=&
&&=
& = &
&\equiv
&:=
=&
\Leftrightarrow
\text{ = }
\text{=}
\mathrm{=}
\texttt{=}
\text{ is }
\text{is}
\;\text{is}\;
\text{ equals }
\text{ is equal to }
\text{ is given by }
\text{ gives }
\text{ becomes }
\text{ is then }
\text{ then is }
\text{ simplifies to }
\text{ reduces to }
\text{ evaluates to }
\text{ thus equals }
\text{ which is }
\textrm{ is }
\mathrm{\ is\ }
\mathrm{is}
\mbox{ is }
\quad \text{is} \quad
\textit{ is }
\textbf{ is }
\operatorname{is}
\text{ which equals }
\text{ has the value }
\text{ comes out as }
: 
\colon
:\;
=\\
\\ =
\\&=
\newline =
=\;\;\;\;\;
=\!
=\kern 3pt
=\hspace{1em}
\hspace{1em}=
\mskip 5mu=
\mkern 5mu = \mkern 5mu
\relax=
\allowbreak=
\nobreak=
\hfill=
= \quad\quad
\unknown=
=\unknown
\unknown{=}
\not\neq
\mathrel{\overset{!}{=}}
\mathrel{\stackrel{\text{chain}}{=}}
\mathrel{\text{ is }}
\mathrel{\text{is}}
\mathrel{\triangleq}
\mathrel{\hat{=}}
\mathrel{\mathop{=}\limits^{\text{chain}}}
\mathop{=}\limits^{\text{chain}}
\mathop{=}^{\text{chain}}
=^{(1)}
=_{(1)}
\overset{\text{(since } x = 1)}{=}
"""

_RIGHTS = r"""
@
@.
@,
@;
@ .
@\,.
@\;,
@\quad.
@\!
@~
@\ 
@\:
@ \tag{4}
@ \tag*{(4)}
@ \label{eq:b}
@ \label{eq:b} \tag{4}
@ \nonumber
@ \notag
@ \qquad \text{(chain rule)}
@ \quad \text{(chain rule)}
@ \quad \text{by the chain rule}
@ \quad \text{chain rule}
@ \text{ by the chain rule}
@ \text{ (chain rule)}
@ \;\; (\text{chain rule})
@ \quad (4)
@ \qquad (\star)
@ \quad \square
@ \quad \blacksquare
@ \checkmark
@ \quad \checkmark
@ \; \text{.}
@ \text{,}
@ \text{, as claimed}
@ \text{ units}
@ \, \text{units}
@ \,\mathrm{V}
@ \ \mathrm{m/s}
@ \mathrm{[m]}
@ \phantom{X}
\phantom{X} @
@ \hphantom{X}
\hphantom{=} @
@ \vphantom{\sum}
@ \rule{0pt}{2ex}
@ \strut
@ \hfill
@ \hfill\square
@ \unknown
\unknown @
\unknown{@}
@ \unknown{3}
@ \dots
@ \ldots
@ + \dots
@ + \ldots
@ !
@ ?
@ \quad ?
@ \% 
@ \cdot \unknown
@ \cdot
@ +
@ \times
@ *
+ @
\cdot @
= @
(@)
[@]
\{@\}
\left(@\right)
\left[@\right]
\left\{@\right\}
\big(@\big)
\Bigl[@\Bigr]
\left.@\right.
\left.@\right|_{x}
(@
@)
\left(@
{@}
{{@}}
\boxed{@}
\fbox{$@$}
\bbox[yellow]{@}
\bbox[5px,border:2px solid red]{@}
\boxed{\boxed{@}}
\colorbox{yellow}{$@$}
\colorbox{yellow}{@}
\fcolorbox{red}{white}{$@$}
\framebox{$@$}
\framebox[2cm]{$@$}
\underline{@}
\underline{\underline{@}}
\overline{@}
\color{red}{@}
\color{red} @
{\color{red} @}
\textcolor{red}{@}
\textcolor[rgb]{1,0,0}{@}
\mathcolor{red}{@}
\definecolor{a}{rgb}{1,0,0} @
\underbrace{@}_{\text{error}}
\underbrace{@}_{\delta}
\underbrace{2(q - y)}_{\text{error}} XX
\overbrace{@}^{\text{error}}
\underset{\text{error}}{@}
\overset{\text{error}}{@}
\stackrel{}{@}
\underbracket{@}_{\text{error}}
\undergroup{@}
\mathbf{@}
\boldsymbol{@}
\bm{@}
\mathrm{@}
\mathit{@}
\mathsf{@}
\text{$@$}
\mbox{$@$}
\hbox{$@$}
\ensuremath{@}
\mathop{@}
\mathord{@}
\mathinner{@}
\displaystyle @
\textstyle{@}
\large @
{\large @}
\Large{@}
\tiny @
\smash{@}
\smash[b]{@}
\vcenter{@}
\raisebox{1pt}{$@$}
\scalebox{1.1}{$@$}
\resizebox{1cm}{!}{$@$}
\mathclap{@}
\mathllap{@}
\hbox to 2cm{$@$}
\hspace{1em} @
@ \hspace{1em}
@ \vspace{1em}
\kern 3pt @
\cssId{a}{@}
\class{b}{@}
\style{color:red}{@}
\href{https://example.org}{@}
\htmlClass{c}{@}
\html{@}
\bgcolor{red}{@}
\enclose{box}{@}
\enclose{circle}{@}
\Aboxed{@}
\ovalbox{$@$}
\shadowbox{$@$}
\tcbox{@}
\tcboxmath{@}
\highlight{@}
\hl{@}
\mathhighlight{@}
\alert{@}
\uncover<2>{@}
\only<2>{@}
\onslide<2->{@}
\pause @
\operatorname{mean}(@)
\mathbb{E}[@]
\begin{bmatrix} @ \end{bmatrix}
\begin{pmatrix} @ \end{pmatrix}
\begin{array}{c} @ \end{array}
\begin{aligned} @ \end{aligned}
\begin{split} @ \end{split}
\begin{cases} @ & \text{always} \end{cases}
\begin{cases} @ \end{cases}
\substack{@}
@ \\
@ \\[2pt]
\\ @
@ \quad \text{where } q = w_2 z + b_2
@ \quad \text{with } q = w_2 z + b_2
@, \quad \text{where } q = w_2 z + b_2
@ \quad \forall x
@, \; \forall x
@ \in \mathbb{R}
@ \quad \Box
@ \quad \text{for all } x
@ \text{ for every sample}
@ \qquad\qquad\text{(1)}
@ \quad [1]
@ \quad \textbf{(4)}
@ \quad \textit{by the chain rule}
@ \quad\mathrm{(4)}
@ \quad \dagger
@^{\dagger}
@ \quad \cite{a}
@ \cite{a}
@ \footnote{By the chain rule.}
@ \footnotemark
@ \eqref{a}
@ \quad \text{by } \eqref{a}
@ \ref{a}
@ \, \text{d}
@ \leftarrow \text{the bias}
@ \Leftarrow \text{the bias}
@ \quad \leftarrow \quad \text{bias}
@ \% the bias
@ \quad \%
@ \# bias
@ \& more
@ & \text{(chain rule)}
@ && \text{(chain rule)}
@ \hspace{2em} & \text{chain}
@ \; ; \; \text{chain rule}
@ \because \text{chain rule}
@ \quad \because z = w_1 x + b_1
@ \implies \text{the bias grows}
@ \Rightarrow b_1
@ \therefore
@ \mid x
@ \;|\; x
@ | x
@ \cdot 1
1 \cdot @
@ \cdot \mathbf{1}
\mathbf{1} \cdot @
@ \cdot \mathbb{1}
@ \cdot \text{1}
@ \times 1
1 \times @
@ + 0
0 + @
@ \Delta
@ \mathrm{\ by\ the\ chain\ rule}
@ \mathrm{(chain\ rule)}
@ (chain\ rule)
@ (by\ the\ chain\ rule)
@ by\ the\ chain\ rule
@ (by~chain~rule)
@ \unknown \text{ units}
@ ~\square
@ "
@ '
@ `
"""

CONTAINERS = r"""
$P = @$
$ P = @ $
So $P = @$.
so ($P = @$) we have it.
We get $P = @$, which is it.
**$P = @$**
*$P = @$*
_$P = @$_
~$P = @$~
$$P = @$$
$$ P = @ $$
$$¶P = @¶$$
$$¶¶P = @¶¶$$
$$P = @.$$
The bias: $$P = @$$
Then $$P = @$$ follows.
\[P = @\]
\[¶P = @¶\]
\\[P = @\\]
\\(P = @\\)
\(P = @\)
$`P = @`$
`$P = @$`
``P = @``
`P = @`
```math¶P = @¶```
```latex¶P = @¶```
```tex¶\[P = @\]¶```
```¶P = @¶```
```text¶P = @¶```
~~~¶P = @¶~~~
    P = @
¶    P = @¶
	P = @
$$\begin{align} P = @ \end{align}$$
$$\begin{align} P &= @ \end{align}$$
\begin{align}¶P &= @¶\end{align}
\begin{align*}¶P &= @¶\end{align*}
\begin{align*}¶P &= A \\¶&= @¶\end{align*}
$$\begin{align*}P &= A \\&= @\end{align*}$$
\begin{aligned}¶P &= @¶\end{aligned}
$$\begin{aligned}¶P &= @¶\end{aligned}$$
$$\begin{aligned}¶P &= A \\¶&= @¶\end{aligned}$$
$$\begin{aligned}¶P¶&= A \\¶&= @¶\end{aligned}$$
$$\begin{aligned}¶& P \\¶&= A \\¶&= @¶\end{aligned}$$
$$\begin{aligned}¶& P \\¶= {} & @¶\end{aligned}$$
$$\begin{split} P &= @ \end{split}$$
\begin{equation} P = @ \end{equation}
\begin{equation*}¶P = @¶\end{equation*}
\begin{equation}¶\begin{split}¶P &= A \\ &= @¶\end{split}¶\end{equation}
\begin{equation}\begin{aligned} P &= @ \end{aligned}\end{equation}
\begin{gather} P = @ \end{gather}
\begin{gather*} P = A \\ P = @ \end{gather*}
$$\begin{gathered} P = @ \end{gathered}$$
\begin{multline} P = @ \end{multline}
\begin{multline}¶P \\ = @¶\end{multline}
\begin{eqnarray} P &=& @ \end{eqnarray}
\begin{eqnarray*}¶P & = & A \\¶& = & @¶\end{eqnarray*}
\begin{flalign} P &= @ && \end{flalign}
\begin{alignat}{2} P &= @ \end{alignat}
\begin{alignat*}{2}¶P &= A &\quad& \text{(1)} \\¶&= @ && \text{(2)}¶\end{alignat*}
\begin{dmath} P = @ \end{dmath}
\begin{displaymath} P = @ \end{displaymath}
\begin{math} P = @ \end{math}
\begin{empheq}[box=\fbox]{align} P &= @ \end{empheq}
\begin{subequations}\begin{align} P &= @ \end{align}\end{subequations}
\begin{tcolorbox}$$P = @$$\end{tcolorbox}
\begin{center}$P = @$\end{center}
$$\begin{array}{l} P = @ \end{array}$$
$$\begin{array}{rcl} P &=& @ \end{array}$$
$$\begin{array}{rcl} P & = & A \\ & = & @ \end{array}$$
$$\begin{matrix} P = @ \end{matrix}$$
$$\begin{cases} P = @ \end{cases}$$
$$\begin{cases} P = @ \\ \frac{\partial L}{\partial b_2} = 2(q - y) \end{cases}$$
$$\left\{ \begin{aligned} P &= @ \end{aligned} \right.$$
$$\left\{ \begin{array}{l} P = @ \end{array} \right.$$
$$\boxed{P = @}$$
$$\boxed{ \begin{aligned} P &= @ \end{aligned} }$$
$$\fbox{$P = @$}$$
$$\bbox[yellow]{P = @}$$
$$\colorbox{yellow}{$P = @$}$$
$$\underline{P = @}$$
$$\color{red}{P = @}$$
$$\textcolor{red}{P = @}$$
$${P = @}$$
$$\left( P = @ \right)$$
$$(P = @)$$
$$[P = @]$$
$$\{P = @\}$$
$$\bigl[ P = @ \bigr]$$
$$\displaystyle P = @$$
$$\large P = @$$
$$\text{so } P = @$$
$$\text{$P = @$}$$
$$\mbox{$P = @$}$$
$$\mathrm{P = @}$$
$$\ensuremath{P = @}$$
$$\substack{P = @}$$
$$\displaylines{P = @}$$
$$\eqalign{P &= @}$$
$$\unknown{P = @}$$
$$\frac{\partial L}{\partial b_2} = 2(q - y), P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y), \quad P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y) \quad P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y); P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y) \text{ and } P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y) \\ P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y) \Rightarrow P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y) \land P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y) \wedge P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y) \; | \; P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y)¶P = @$$
$$\frac{\partial L}{\partial b_2} = 2(q - y)¶¶P = @$$
$$@ = P$$
$$P = P = @$$
$$P = A = @$$
$$P = C = @$$
$$P = C w_2 = @$$
$$P$$ $$= @$$
$$P =$$ $$@$$
$$P =$$¶$$@$$
$$P$$¶¶$$= @$$
$$P =$$¶¶and so¶¶$$= @$$
$P$ $= @$
$P =$ $@$
$P$ = $@$
$P$ := $@$
$P$ ≡ $@$
$P$=$@$
$P$ &#61; $@$
$P$ is $@$.
$P$ is $@$
$P$ is then $@$.
$P$ then is $@$.
$P$ is thus $@$.
$P$ is therefore $@$.
$P$ is simply $@$.
$P$ is just $@$.
$P$ is equal to $@$.
$P$ is given by $@$.
$P$ is the product $@$.
$P$ is **$@$**.
$P$ is: $@$.
$P$ is ($@$).
$P$ equals $@$.
$P$ equals to $@$.
$P$ is equal to: $@$
$P$ gives $@$.
$P$ becomes $@$.
$P$ comes to $@$.
$P$ simplifies to $@$.
$P$ reduces to $@$.
$P$ evaluates to $@$.
$P$ works out to $@$.
$P$ must be $@$.
$P$ was $@$.
$P$ has the value $@$.
$P$, which is $@$.
$P$ (the bias) is $@$.
$P$ is $@$, so we are done.
$P$ is $@$ and $\frac{\partial L}{\partial b_2}$ is $2(q - y)$.
$P$ is $@$ by the chain rule.
$P$ is $@$ (chain rule).
$P$ is $@$; we are done.
The gradient $P$ is $@$.
Hence the gradient $P$ is $@$.
So $P$ is $@$.
We see that $P$ is $@$.
Therefore, $P$ equals $@$.
If we do that, $P$ is $@$.
It follows that $P$ equals $$@$$
$P$ is $$@.$$
$P$ is¶$$@$$
$P$ is¶¶$$@$$
$P$ is¶¶$$@.$$
$P$ equals¶¶$$@.$$
$P$:¶¶$$@$$
$P$:¶$$@$$
The gradient $P$:¶¶$$@$$
**$P$**:¶¶$$@$$
- $P$: $@$
- $P$ = $@$
- $P$ is $@$
- $P = @$
- bias: $P = @$
* $P = @$
+ $P = @$
1. $P = @$
1) $P = @$
- a¶  - $P = @$
- a¶¶  $$P = @$$
- a¶¶      $$P = @$$
> $P = @$
> $$P = @$$
> $$¶> P = @¶> $$
> > $P = @$
> - $P = @$
# $P = @$
### Bias: $P = @$
$P = @$¶====
[$P = @$](https://example.org)
![$P = @$](a.png)
<b>$P = @$</b>
<p>$P = @$</p>
<div>¶¶$$P = @$$¶¶</div>
<div>$$P = @$$</div>
<center>$P = @$</center>
<span style="color:red">$P = @$</span>
<details>¶<summary>Bias</summary>¶¶$$P = @$$¶¶</details>
<td>$P = @$</td>
<table><tr><td>$P$</td><td>$@$</td></tr></table>
| a | b |¶|---|---|¶| bias | $P = @$ |
| gradient | value |¶|---|---|¶| $P$ | $@$ |
| gradient | value |¶|:--|--:|¶| $P$ | $@$ |
| what | gradient | value |¶|---|---|---|¶| bias | $P$ | $@$ |
| parameter | gradient |¶|---|---|¶| $b_1$ | $@$ |
| | |¶|---|---|¶| $P$ | $@$ |
| $P$ | $= @$ |¶|---|---|
| a | b | c |¶|---|---|---|¶| $P$ | $=$ | $@$ |
| a | b | c |¶|---|---|---|¶| $P$ | = | $@$ |
gradient | value¶---|---¶$P$ | $@$
| gradient | $P$ |¶|---|---|¶| value | $@$ |
:::{math}¶P = @¶:::
::: {.callout}¶$$P = @$$¶:::
!!! note¶    $$P = @$$
> [!NOTE]¶> $P = @$
[^1]: $P = @$
Term¶: $P = @$
$$P = @$$ {#eq-b}
$$P = @$$ (4)
(4) $$P = @$$
$$¶P¶=¶@¶$$
$$¶P¶  = @¶$$
$$¶P =¶@¶$$
$$¶P =¶  2(q - y)¶  XX¶$$
$$P = % a comment¶@$$
$$% P = 1¶P = @$$
P = @
So P = @.
P equals @
P is @
P: @
"""
r"""What stands about the formula: ``P`` is the partial, ``¶`` the end of a line, ``A`` a chain of
partials, ``C`` one with a factor carried out, ``XX`` what is left of the right side."""

PLAIN = r"""
∂L/∂b_1 = @
∂L/∂b_1 := @
∂L/∂b_1 ≡ @
∂L/∂b₁ = @
∂L / ∂b_1 = @
(∂L/∂b_1) = @
[∂L/∂b_1] = @
dL/db_1 = @
dL/db1 = @
(∂L)/(∂b_1) = @
∂_b_1 L = @
∇_b_1 L = @
∇_{b_1} L = @
db_1 = @
db1 = @
dL_db1 = @
grad_b1 = @
∂L/∂b_1 is @
∂L/∂b_1 equals @
∂L/∂b_1 is equal to @
∂L/∂b_1: @
∂L/∂b_1 = ∂L/∂q ∂q/∂z = @
  ∂L/∂b_1 = @
- ∂L/∂b_1 = @
> ∂L/∂b_1 = @
1. ∂L/∂b_1 = @
**∂L/∂b_1 = @**
**∂L/∂b_1** = @
∂L/∂b_1 = **@**
∂L/∂b_1 = $@$
∂L/∂b_1 is $@$.
∂L/∂b_1 equals $@$.
∂L/∂b_1 := $@$
The gradient ∂L/∂b_1 is $@$.
`∂L/∂b_1` = `@`
`∂L/∂b_1 = @`
`∂L/∂b_1` is `@`.
`∂L/∂b_1` is $@$.
`dL/db_1` = $@$
$∂L/∂b_1$ = @
| ∂L/∂b_1 | @ |
| gradient | value |¶|---|---|¶| ∂L/∂b_1 | @ |
| gradient | value |¶|---|---|¶| ∂L/∂b_1 | $@$ |
| gradient | value |¶|---|---|¶| ∂L/∂b_1 | = @ |
So ∂L/∂b_1 = @.
So, ∂L/∂b_1 = @, as before.
Then ∂L/∂b_1 = @ by the chain rule.
Bias gradient: ∂L/∂b_1 = @
∂L/∂b_1¶= @
∂L/∂b_1 =¶@
```¶∂L/∂b_1 = @¶```
```¶∂L/∂b_1¶  = ∂L/∂q ∂q/∂z¶  = @¶```
```¶∂L/∂b_1 =¶    @¶```
```¶∂L/∂b_1 : @¶```
```¶∂L/∂b_1 -> @¶```
```¶bias: ∂L/∂b_1 = @¶```
```¶db_1 = @¶```
"""


def _lines(text: str) -> list[str]:
    return [line.replace("¶", "\n") for line in text.strip("\n").split("\n")]


def spellings() -> Iterator[tuple[str, str]]:
    """Every spelling: a name, and the text with ``@`` for the right side."""
    partials = text_of(_PARTIALS).replace("\\frac%\n", "\\frac%¶").split("\n")
    for at, partial in enumerate(partials):
        yield f"partial {at}", f"$${partial.replace('¶', chr(10))} = @$$"
    for at, relation in enumerate(text_of(_RELATIONS).split("\n")):
        inner = f"{PARTIAL} {relation} @"
        if "&" in relation:
            inner = rf"\begin{{aligned}} {inner} \end{{aligned}}"
        yield f"relation {at}", f"$${inner}$$"
    for at, right in enumerate(text_of(_RIGHTS).split("\n")):
        yield f"right {at}", f"$${PARTIAL} = {right}$$"
    chain = r"\frac{\partial L}{\partial q} \frac{\partial q}{\partial z}"
    carried = r"\frac{\partial L}{\partial q} w_2"
    for at, container in enumerate(text_of(CONTAINERS).split("\n")):
        text = container.replace("¶", "\n").replace("A", chain) if " A" in container else container
        text = text.replace("= C", f"= {carried.removesuffix(' w_2')}").replace("¶", "\n")
        text = text.replace("P", PARTIAL)
        yield f"container {at}", text
    for at, line in enumerate(text_of(PLAIN).split("\n")):
        yield f"plain {at}", line.replace("¶", "\n")


def text_of(block: str) -> str:
    return block.strip("\n")


def document(spelling: str, right: str) -> str:
    """The whole document with a claim in one spelling."""
    rest = right.removeprefix("2(q - y) ")
    return BEFORE + spelling.replace("XX", rest).replace("@", right) + AFTER

(function(){var d=document,h=d.documentElement;h.classList.add("js");var q=d.querySelector(".filter input"),f="",rows=[].slice.call(d.querySelectorAll("#index tbody tr")),cs=[].slice.call(d.querySelectorAll(".case"));
var tx=rows.map(function(r){return(r.textContent+" "+r.dataset.t).toLowerCase()});
function go(){var w=q.value.toLowerCase().split(/\s+/).filter(Boolean),n=0;rows.forEach(function(r,i){var on=(!f||r.dataset.s===f)&&w.every(function(x){return tx[i].indexOf(x)>=0});r.hidden=!on;cs[i].hidden=!on;n+=on});
d.querySelectorAll(".g,.gi").forEach(function(g){g.hidden=!g.querySelector(g.className=="g"?".case:not([hidden])":"tbody>tr:not([hidden])")});
d.getElementById("hits").textContent=n+" of "+rows.length+" shown";d.getElementById("none").hidden=n>0}
d.querySelector(".filter").addEventListener("click",function(e){var b=e.target.closest("button");if(!b)return;if("x"in b.dataset){cs.forEach(function(c){c.open=!!b.dataset.x});return}
f=b.dataset.f;d.querySelectorAll("[data-f]").forEach(function(x){x.setAttribute("aria-pressed",x===b)});go()});q.addEventListener("input",go);
function aim(){var c=d.getElementById(location.hash.slice(1));if(c&&c.tagName==="DETAILS"){c.hidden=c.parentNode.hidden=false;c.open=true;c.scrollIntoView()}}addEventListener("hashchange",aim);aim();
var was;addEventListener("beforeprint",function(){was=cs.map(function(c){var o=c.open;c.open=true;return o})});addEventListener("afterprint",function(){if(was)cs.forEach(function(c,i){c.open=was[i]})});go()})()
